import { type CallState } from '../fold/call-state.ts';
import { type EventData, type EventOf } from '../events/call-event.ts';
import { definedOnly } from '../fold/records.ts';
import { countingObjections, countingTools } from './counting-reports.ts';

/** Figures of a whole call. Durations are in milliseconds; what the times of the turns do not show is absent. */
export interface CallMetrics {
  readonly events: number;
  readonly connections: number;
  readonly turns: number;
  readonly turns_by_speaker: Readonly<Record<string, number>>;
  /** By speaker, over the turns of which both ends are known. */
  readonly talk_ms?: Readonly<Record<string, number>>;
  /** The longest silence between two turns. */
  readonly longest_silence_ms?: number;
  /** From the end of the caller's turn to the start of the agent's answer. */
  readonly response_latency_ms?: { readonly mean: number; readonly max: number; readonly count: number };
  /** Turns of the agent that the caller cut short. */
  readonly interruptions: number;
  readonly objections: number;
  readonly tool_calls: number;
  readonly dtmf_digits: number;
  /** Reports that do not count, because a later revision of them does, or another report of the same id. */
  readonly superseded_reports?: number;
  /** How often personal data was removed from texts before they were stored. */
  readonly redactions?: number;
  readonly audio_ms?: { readonly inbound: number; readonly outbound: number };
}

type Turn = EventData<'turn.completed'>;

/** The metrics of a call from its folded state and its turns in spoken order. */
export function toCallMetrics(state: CallState, spoken: readonly EventOf<'turn.completed'>[]): CallMetrics {
  const turns = spoken.map(({ data }) => data);
  const latencies = responseLatenciesMs(turns);
  return definedOnly({
    events: state.version,
    connections: Object.keys(state.connections).length,
    turns: turns.length,
    turns_by_speaker: countBySpeaker(turns),
    talk_ms: talkTimes(turns),
    longest_silence_ms: longestSilenceMs(turns),
    response_latency_ms: latencies.length > 0 ? summarise(latencies) : undefined,
    interruptions: countInterruptions(turns),
    objections: countingObjections(state).length,
    tool_calls: countingTools(state).length,
    dtmf_digits: state.dtmfDigits.length,
    superseded_reports: state.superseded || undefined,
    redactions: state.redactions || undefined,
    audio_ms: audioTimes(state),
  });
}

function countBySpeaker(turns: readonly Turn[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { speaker } of turns) counts[speaker] = (counts[speaker] ?? 0) + 1;
  return counts;
}

function talkTimes(turns: readonly Turn[]): Record<string, number> | undefined {
  const talk: Record<string, number> = {};
  for (const { speaker, startedAt, endedAt } of turns) {
    if (startedAt === undefined || endedAt === undefined) continue;
    talk[speaker] = (talk[speaker] ?? 0) + Math.max(0, betweenMs(startedAt, endedAt));
  }
  return Object.keys(talk).length > 0 ? talk : undefined;
}

function longestSilenceMs(turns: readonly Turn[]): number | undefined {
  let longest: number | undefined;
  let quietSince: string | undefined;
  for (const { startedAt, endedAt } of turns) {
    // It is not known when this turn began or ended, so the silence before it can't be measured.
    if (startedAt === undefined || endedAt === undefined) {
      quietSince = undefined;
      continue;
    }
    if (quietSince !== undefined) longest = Math.max(longest ?? 0, betweenMs(quietSince, startedAt));
    if (quietSince === undefined || endedAt > quietSince) quietSince = endedAt;
  }
  return longest;
}

function responseLatenciesMs(turns: readonly Turn[]): number[] {
  const latencies: number[] = [];
  let userEndedAt: string | undefined;
  for (const { speaker, startedAt, endedAt } of turns) {
    if (speaker === 'user') userEndedAt = endedAt;
    if (speaker !== 'ai') continue;
    if (userEndedAt !== undefined && startedAt !== undefined)
      latencies.push(Math.max(0, betweenMs(userEndedAt, startedAt)));
    userEndedAt = undefined;
  }
  return latencies;
}

function summarise(latencies: readonly number[]): { mean: number; max: number; count: number } {
  const total = latencies.reduce((sum, latency) => sum + latency, 0);
  return { mean: Math.round(total / latencies.length), max: Math.max(...latencies), count: latencies.length };
}

function countInterruptions(turns: readonly Turn[]): number {
  return turns.filter((turn, index) => {
    if (turn.speaker !== 'ai') return false;
    return turn.interrupted ?? isSpokenOver(turn, turns[index + 1]);
  }).length;
}

function isSpokenOver({ endedAt }: Turn, next: Turn | undefined): boolean {
  if (endedAt === undefined || next?.speaker !== 'user') return false;
  return next.startedAt !== undefined && next.startedAt < endedAt;
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
