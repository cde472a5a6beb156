import { type StartedConnection, type Ending, type LossReason } from './connection-state.ts';
import { type EventData, type EventDraft } from '@turnlog/call-events';

/** How much audio a connection carried. */
export type AudioSummary = Omit<EventData<'audio.summarised'>, 'connectionId' | 'sampleRate'>;

/** The last events of a connection, and its state after them. Nothing, if it is over already. */
export function endConnection(
  state: StartedConnection,
  ending: Ending,
  facts: {
    readonly audio: AudioSummary;
    /** The agent's marks that had not come back. */
    readonly unheardMarks: readonly string[];
    readonly nowMs: number;
  },
): { readonly state: StartedConnection; readonly events: readonly EventDraft[] } {
  if (state.phase === 'over') return { state, events: [] };
  const { connectionId, sampleRate, codec } = state;
  const { audio, unheardMarks, nowMs: atMs } = facts;
  const encoding = codec === 'pcm16' ? undefined : codec;
  const data = { connectionId, sampleRate, ...(encoding && { encoding }), ...audio };
  const events: readonly EventDraft[] = [
    ...unheard(connectionId, unheardMarks, atMs),
    { type: 'audio.summarised', data, atMs },
    endEvent(connectionId, ending, atMs),
  ];
  return { state: { ...state, phase: 'over' }, events };
}

function unheard(connectionId: string, marks: readonly string[], atMs: number): EventDraft[] {
  if (marks.length === 0) return [];
  return [{ type: 'playback.cleared', data: { connectionId, cause: 'call_over', marks: [...marks] }, atMs }];
}

/** The end alone, for a connection whose last events can't be created. */
export function bareEnd(connectionId: string, reason: LossReason, atMs: number): EventDraft {
  return endEvent(connectionId, { kind: 'lost', reason }, atMs);
}

function endEvent(connectionId: string, ending: Ending, atMs: number): EventDraft {
  if (ending.kind === 'stopped') {
    return { type: 'call.ended', data: { connectionId, reason: ending.reason }, atMs };
  }
  const { reason, closeCode } = ending;
  const data = { connectionId, reason, ...(closeCode !== undefined && { closeCode }) };
  return { type: 'call.disconnected', data, atMs };
}

/** The `stop` that an agent receives if the carrier sent none: a bot waits for it. */
export function stopFrameFor(
  { callSid, streamSid, accountSid }: StartedConnection,
  reason: string,
): { readonly data: Buffer; readonly isBinary: false; readonly role: 'other' } {
  const stop = { call_sid: callSid, account_sid: accountSid, reason };
  const text = JSON.stringify({ event: 'stop', stream_sid: streamSid, stop });
  return { data: Buffer.from(text), isBinary: false, role: 'other' };
}
