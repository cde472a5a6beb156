import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { isOfHeldCall } from './legal-holds.ts';

/** Which calls of a tenant are due: those that ended, or were last written, before a moment. */
export interface RetentionStep {
  readonly tenant: string;
  readonly what: 'transcript' | 'archive';
  readonly before: Date;
}

/** Calls of one statement: a run over years of calls never holds many rows at once. */
const BATCH = 500;

/** For a call that never ended, the last write counts: the carrier may not report its end. */
const isDue = ({ tenant, before }: RetentionStep) => sql`
  call.tenant = ${tenant} and case
    when call.status in ('initiated', 'ringing', 'in_progress') then call.persisted_at
    else coalesce(call.ended_at, call.persisted_at)
  end < ${before.toISOString()}
  and not ${isOfHeldCall('call')}`;

/** The carrier's own words about a failure stay, without a number that may be in them. */
const withoutNumbers = (column: string) =>
  sql`regexp_replace(${sql.ref(`call.${column}`)}, ${String.raw`\+?\d[\d ().-]{4,}\d`}, '[number]', 'g')`;

/** Segments of the archive whose call has no row. */
const isOrphan = ({ tenant, before }: RetentionStep) => sql`
  segment.tenant = ${tenant} and segment.created_at < ${before.toISOString()}
  and not ${isOfHeldCall('segment')}
  and not exists (
    select from call_sessions as call
    where call.tenant = segment.tenant and call.call_sid = segment.call_sid
  )`;

// A late event may have written to the archive of a call whose archive was deleted before.
const HAS_ARCHIVE = sql`(call.archive_removed_at is null or exists (
  select from call_event_segments as segment
  where segment.tenant = call.tenant and segment.call_sid = call.call_sid
))`;

const isLeft = (step: RetentionStep) =>
  step.what === 'transcript' ? sql`(call.transcript_removed_at is null or ${HAS_ARCHIVE})` : HAS_ARCHIVE;

/** How many calls a step would change. */
export async function countDue(db: Kysely<CallStoreSchema>, step: RetentionStep): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (
      select count(*) from call_sessions as call where ${isDue(step)} and ${isLeft(step)}
    )::integer + (
      select count(distinct call_sid) from call_event_segments as segment where ${isOrphan(step)}
    )::integer as count`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * Deletes due data, batch by batch, each in its own transaction; resolves to the number of calls that
 * changed. After an interruption the next run continues.
 */
export async function removeDue(db: Kysely<CallStoreSchema>, step: RetentionStep): Promise<number> {
  let removed = 0;
  for (;;) {
    const batch = await removeBatch(db, step);
    removed += batch;
    if (batch < BATCH) return removed + (await removeOrphans(db, step));
  }
}

async function removeOrphans(db: Kysely<CallStoreSchema>, step: RetentionStep): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with removed as (
      delete from call_event_segments as segment where ${isOrphan(step)} returning call_sid
    )
    select count(distinct call_sid)::integer as count from removed`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * The archive contains the transcript, so both are deleted together. The words, the collected data and the
 * identities are deleted; that there was a call, its times and its outcome stay.
 */
async function removeBatch(db: Kysely<CallStoreSchema>, step: RetentionStep): Promise<number> {
  const forget =
    step.what === 'archive'
      ? sql``
      : sql`, transcript_removed_at = coalesce(call.transcript_removed_at, now()),
          full_transcript = '[]', collected_data = '{}', objections = '[]', lead = '{}', consents = '[]', legs = '[]',
          custom_field = null, outcome_reason = null, keys_pressed = null, from_number = null, to_number = null, recording_url = null, transcript_sha256 = '',
          failure_cause = ${withoutNumbers('failure_cause')}, end_reason = ${withoutNumbers('end_reason')}`;
  const { rows } = await sql`
    with due as (
      select call.tenant, call.call_sid from call_sessions as call
      where ${isDue(step)} and ${isLeft(step)}
      order by call.tenant, call.call_sid limit ${sql.lit(BATCH)} for update skip locked
    ), archive as (
      delete from call_event_segments as segment using due
      where segment.tenant = due.tenant and segment.call_sid = due.call_sid
    )
    update call_sessions as call
    set archive_removed_at = coalesce(call.archive_removed_at, now()) ${forget}
    from due where call.tenant = due.tenant and call.call_sid = due.call_sid
    returning call.call_sid`.execute(db);
  return rows.length;
}
