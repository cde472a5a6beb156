import { type Kysely, type Migration, sql } from 'kysely';

/** Finds calls by number, day, outcome and failure, and by the words that were said. */
export const callSearch: Migration = { up };

/**
 * A tsvector has room for 1 MiB, and an error here would refuse the row. This many characters are the first
 * two hours of a call, and stay below it whatever they are.
 */
const MAX_INDEXED_CHARACTERS = 100_000;

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function ist_day(moment timestamptz) returns date language sql immutable parallel safe as $$
      select (moment at time zone 'Asia/Kolkata')::date
    $$`.execute(db);
  // The configuration `simple` splits words and lower-cases them, in any language.
  await sql`
    create function transcript_words(transcript jsonb) returns tsvector language sql immutable parallel safe as $$
      select to_tsvector('simple', left(string_agg(turn ->> 'text', ' '), ${sql.lit(MAX_INDEXED_CHARACTERS)}))
      from jsonb_array_elements(transcript) as turn
    $$`.execute(db);
  await sql`
    create function search_calls(words text) returns setof call_sessions language sql stable as $$
      select * from call_sessions
      where ended_at is not null and transcript_words(full_transcript) @@ websearch_to_tsquery('simple', words)
    $$`.execute(db);
  await createIndexes(db);
}

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const definitions = {
    call_sessions_by_caller: '(from_number, initiated_at desc nulls last)',
    call_sessions_by_callee: '(to_number, initiated_at desc nulls last)',
    call_sessions_by_outcome: '(outcome, initiated_at desc nulls last) where outcome is not null',
    call_sessions_by_failure: '(initiated_at desc nulls last) where ended_cleanly is false',
    call_sessions_by_day: '(ist_day(initiated_at))',
    // Checkpoints of a call in progress do not pay for its words.
    call_sessions_by_words: 'using gin (transcript_words(full_transcript)) where ended_at is not null',
  };
  for (const [name, definition] of Object.entries(definitions)) {
    const using = definition.startsWith('using') ? definition : `using btree ${definition}`;
    await sql`create index ${sql.ref(name)} on call_sessions ${sql.raw(using)}`.execute(db);
  }
}
