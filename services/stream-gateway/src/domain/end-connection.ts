import { type EventData } from '@turnlog/call-events';
import { type Ending, type StartedConnection } from './connection-state.ts';
import { type EventDraft } from './event-draft.ts';

/** How much audio a connection carried. */
export type AudioSummary = Omit<EventData<'audio.summarised'>, 'connectionId' | 'sampleRate'>;

/** The last events of a connection, and its state after them. The first ending wins: a second one changes nothing. */
export function endConnection(
  state: StartedConnection,
  ending: Ending,
  { audio, nowMs }: { readonly audio: AudioSummary; readonly nowMs: number },
): { readonly state: StartedConnection; readonly events: readonly EventDraft[] } {
  if (state.phase === 'over') return { state, events: [] };
  const { connectionId, sampleRate } = state;
  const summary: EventDraft = {
    type: 'audio.summarised',
    data: { connectionId, sampleRate, ...audio },
    atMs: nowMs,
  };
  return { state: { ...state, phase: 'over' }, events: [summary, endEvent(connectionId, ending, nowMs)] };
}

function endEvent(connectionId: string, ending: Ending, atMs: number): EventDraft {
  if (ending.kind === 'stopped') {
    return { type: 'call.ended', data: { connectionId, reason: ending.reason }, atMs };
  }
  const { reason, closeCode } = ending;
  const data = { connectionId, reason, ...(closeCode !== undefined && { closeCode }) };
  return { type: 'call.disconnected', data, atMs };
}
