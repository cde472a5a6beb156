import { type CallState } from '../fold/call-state.ts';
import { type TranscriptTurn } from './transcript.ts';

/** Figures of a whole call. Durations are in milliseconds; what the turns' times do not tell is absent. */
export interface CallMetrics {
  readonly events: number;
  readonly connections: number;
  readonly turns: number;
  readonly turns_by_speaker: Readonly<Record<string, number>>;
  /** By speaker, over the turns of which both ends are known. */
  readonly talk_ms?: Readonly<Record<string, number>>;
  /** The longest time in which nobody spoke between two turns. */
  readonly longest_silence_ms?: number;
  /** From the end of the caller's turn to the start of the agent's answer. */
  readonly response_latency_ms?: { readonly mean: number; readonly max: number; readonly count: number };
  /** Turns of the agent that the caller cut short. */
  readonly interruptions: number;
  readonly objections: number;
  readonly tool_calls: number;
  readonly dtmf_digits: number;
  readonly audio_ms?: { readonly inbound: number; readonly outbound: number };
}

/** The metrics of a call from its folded state and its turns in spoken order. */
export function toCallMetrics(state: CallState, transcript: readonly TranscriptTurn[]): CallMetrics {
  const talk = talkTimes(transcript);
  const silence = longestSilenceMs(transcript);
  const latencies = responseLatenciesMs(transcript);
  const audio = audioTimes(state);
  return {
    events: state.version,
    connections: Object.keys(state.connections).length,
    turns: transcript.length,
    turns_by_speaker: countBySpeaker(transcript),
    ...(talk !== undefined && { talk_ms: talk }),
    ...(silence !== undefined && { longest_silence_ms: silence }),
    ...(latencies.length > 0 && { response_latency_ms: summarise(latencies) }),
    interruptions: countInterruptions(transcript),
    objections: state.objections.length,
    tool_calls: state.toolCalls,
    dtmf_digits: state.dtmfDigits.length,
    ...(audio !== undefined && { audio_ms: audio }),
  };
}

function countBySpeaker(transcript: readonly TranscriptTurn[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { speaker } of transcript) counts[speaker] = (counts[speaker] ?? 0) + 1;
  return counts;
}

function talkTimes(transcript: readonly TranscriptTurn[]): Record<string, number> | undefined {
  const talk: Record<string, number> = {};
  for (const { speaker, timestamp, ended_at } of transcript) {
    if (ended_at === undefined) continue;
    talk[speaker] = (talk[speaker] ?? 0) + Math.max(0, betweenMs(timestamp, ended_at));
  }
  return Object.keys(talk).length > 0 ? talk : undefined;
}

function longestSilenceMs(transcript: readonly TranscriptTurn[]): number | undefined {
  let longest: number | undefined;
  let quietSince: string | undefined;
  for (const { timestamp, ended_at } of transcript) {
    if (quietSince !== undefined) longest = Math.max(longest ?? 0, betweenMs(quietSince, timestamp));
    if (ended_at !== undefined && (quietSince === undefined || ended_at > quietSince)) quietSince = ended_at;
  }
  return longest;
}

function responseLatenciesMs(transcript: readonly TranscriptTurn[]): number[] {
  const latencies: number[] = [];
  let userEndedAt: string | undefined;
  for (const { speaker, timestamp, ended_at } of transcript) {
    if (speaker === 'user') userEndedAt = ended_at;
    if (speaker !== 'ai') continue;
    if (userEndedAt !== undefined) latencies.push(Math.max(0, betweenMs(userEndedAt, timestamp)));
    userEndedAt = undefined;
  }
  return latencies;
}

function summarise(latencies: readonly number[]): { mean: number; max: number; count: number } {
  const total = latencies.reduce((sum, latency) => sum + latency, 0);
  return { mean: Math.round(total / latencies.length), max: Math.max(...latencies), count: latencies.length };
}

function countInterruptions(transcript: readonly TranscriptTurn[]): number {
  return transcript.filter((turn, index) => {
    if (turn.speaker !== 'ai') return false;
    return turn.interrupted ?? isSpokenOver(turn, transcript[index + 1]);
  }).length;
}

function isSpokenOver({ ended_at }: TranscriptTurn, next: TranscriptTurn | undefined): boolean {
  return ended_at !== undefined && next?.speaker === 'user' && next.timestamp < ended_at;
}

function audioTimes({ connections }: CallState): { inbound: number; outbound: number } | undefined {
  const heard = Object.values(connections).flatMap(({ audio }) => (audio === undefined ? [] : [audio.value]));
  if (heard.length === 0) return undefined;
  return {
    inbound: heard.reduce((sum, { inboundMs }) => sum + inboundMs, 0),
    outbound: heard.reduce((sum, { outboundMs }) => sum + outboundMs, 0),
  };
}

function betweenMs(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}
