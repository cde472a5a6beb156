import { compareOrder, orderOf } from '../fold/order.ts';
import { definedOnly } from '../fold/records.ts';
import { type EventOf } from '../events/call-event.ts';

/** One turn as `full_transcript` holds it. Times are ISO 8601 in UTC. */
export type TranscriptTurn = ReturnType<typeof toTranscriptTurn>;

/** The turns in the order in which they were spoken. */
export function inSpokenOrder(turns: readonly EventOf<'turn.completed'>[]): EventOf<'turn.completed'>[] {
  return turns
    .map((event) => ({ event, order: orderOf(event, event.data.startedAt) }))
    .sort((a, b) => compareOrder(a.order, b.order))
    .map(({ event }) => event);
}

/** One turn as a transcript shows it; its time is when it began, where that is known. */
export function toTranscriptTurn({ id, revision, at, data }: EventOf<'turn.completed'>) {
  return definedOnly({
    id,
    speaker: data.speaker,
    text: data.text,
    timestamp: data.startedAt ?? at,
    ended_at: data.endedAt,
    interrupted: data.interrupted,
    heard_text: data.heardText,
    confidence: data.confidence,
    language: data.language,
    words: data.words,
    /** Absent for the first one. */
    revision,
    /** What the agent reported beyond the fields above. */
    metadata: data.metadata,
    extra: data.extra,
  });
}
