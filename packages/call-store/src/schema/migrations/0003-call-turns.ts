import { type Kysely, type Migration, sql } from 'kysely';

/** A view of the transcripts, turn by turn. */
export const callTurns: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create view call_turns as
    select
      call.tenant,
      call.call_sid,
      turn.number::integer as turn_no,
      turn.value ->> 'id' as turn_id,
      turn.value ->> 'speaker' as speaker,
      turn.value ->> 'text' as text,
      (turn.value ->> 'timestamp')::timestamptz as spoken_at,
      (turn.value ->> 'ended_at')::timestamptz as ended_at,
      (turn.value ->> 'interrupted')::boolean as interrupted,
      turn.value ->> 'heard_text' as heard_text,
      (turn.value ->> 'confidence')::double precision as confidence,
      turn.value ->> 'language' as language
    from call_sessions as call
    cross join lateral jsonb_array_elements(call.full_transcript) with ordinality as turn (value, number)`.execute(
    db,
  );
}
