import { type CallState } from '../fold/call-state.ts';
import { compareOrder, orderOf } from '../fold/order.ts';
import { type EventData, type EventOf } from '../events/call-event.ts';

/** One turn as `full_transcript` holds it. Times are ISO 8601 in UTC. */
export interface TranscriptTurn {
  readonly id: string;
  readonly speaker: EventData<'turn.completed'>['speaker'];
  readonly text: string;
  readonly timestamp: string;
  readonly ended_at?: string;
  readonly interrupted?: boolean;
  readonly heard_text?: string;
  readonly confidence?: number;
  readonly language?: string;
  readonly words?: NonNullable<EventData<'turn.completed'>['words']>;
}

/** The turns in the order in which they were spoken. */
export function inSpokenOrder(turns: CallState['turns']): EventOf<'turn.completed'>[] {
  return turns
    .toArray()
    .map((event) => ({ event, order: orderOf(event, event.data.startedAt) }))
    .sort((a, b) => compareOrder(a.order, b.order))
    .map(({ event }) => event);
}

/** One turn as a transcript shows it; its time is when it began, where that is known. */
export function toTranscriptTurn(event: EventOf<'turn.completed'>): TranscriptTurn {
  const { speaker, text, startedAt, endedAt, interrupted, heardText, confidence, language, words } =
    event.data;
  return {
    id: event.id,
    speaker,
    text,
    timestamp: startedAt ?? event.at,
    ...(endedAt !== undefined && { ended_at: endedAt }),
    ...(interrupted !== undefined && { interrupted }),
    ...(heardText !== undefined && { heard_text: heardText }),
    ...(confidence !== undefined && { confidence }),
    ...(language !== undefined && { language }),
    ...(words !== undefined && { words }),
  };
}
