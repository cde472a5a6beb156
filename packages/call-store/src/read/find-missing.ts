import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** The expected archive of a call: the first entries of one epoch. */
export interface ArchiveClaim {
  readonly call: CallKey;
  readonly epoch: string;
  readonly persistedSeq: number;
  /** How many of them may be missing. */
  readonly setAside: number;
}

/**
 * The calls that were written once and are missing now: the row is missing, or parts of the archive are. A
 * row and its archive are written together, so if a row is behind, its archive is too. Segments may overlap:
 * `range_agg` counts each entry once.
 */
export async function findMissing<Claim extends ArchiveClaim>(
  db: Kysely<CallStoreSchema>,
  claims: readonly Claim[],
): Promise<Claim[]> {
  if (claims.length === 0) return [];
  const { rows } = await sql<{ number: number }>`
    select claim.number::integer as number
    from unnest(
      ${claims.map(({ call }) => call.tenant)}::text[],
      ${claims.map(({ call }) => call.callSid)}::text[],
      ${claims.map(({ epoch }) => epoch)}::text[],
      ${claims.map(({ persistedSeq }) => persistedSeq)}::integer[],
      ${claims.map(({ persistedSeq, setAside }) => persistedSeq - setAside)}::integer[]
    ) with ordinality as claim (tenant, call_sid, epoch, persisted_seq, wanted, number)
    left join call_sessions as call using (tenant, call_sid)
    cross join lateral (
      select coalesce(sum(upper(stretch) - lower(stretch)), 0) as entries
      from (
        select range_agg(int4range(segment.from_seq, least(segment.to_seq, claim.persisted_seq) + 1)) as stretches
        from call_event_segments as segment
        where segment.tenant = claim.tenant and segment.call_sid = claim.call_sid
          and segment.epoch = claim.epoch and segment.from_seq <= claim.persisted_seq
      ) as archive, unnest(archive.stretches) as stretch
    ) as archived
    where claim.wanted > 0 and call.archive_removed_at is null
      and (call.version is null or archived.entries < claim.wanted)
    order by claim.number`.execute(db);
  return rows.flatMap(({ number }) => claims[number - 1] ?? []);
}
