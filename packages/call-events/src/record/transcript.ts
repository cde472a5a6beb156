import { type JsonValue } from '../text/json.ts';
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
  /** Which revision of the turn this is; absent for the first. */
  readonly revision?: number;
  /** What the agent said of it beyond the fields above. */
  readonly metadata?: JsonValue;
  readonly extra?: Readonly<Record<string, JsonValue>>;
}

/** The turns in the order in which they were spoken. */
export function inSpokenOrder(turns: readonly EventOf<'turn.completed'>[]): EventOf<'turn.completed'>[] {
  return turns
    .map((event) => ({ event, order: orderOf(event, event.data.startedAt) }))
    .sort((a, b) => compareOrder(a.order, b.order))
    .map(({ event }) => event);
}

/** One turn as a transcript shows it; its time is when it began, where that is known. */
export function toTranscriptTurn(event: EventOf<'turn.completed'>): TranscriptTurn {
  const { speaker, text, startedAt, endedAt, interrupted, heardText, confidence, language, words } =
    event.data;
  const { metadata, extra } = event.data;
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
    ...(event.revision !== undefined && { revision: event.revision }),
    ...(metadata !== undefined && { metadata }),
    ...(extra !== undefined && { extra }),
  };
}
