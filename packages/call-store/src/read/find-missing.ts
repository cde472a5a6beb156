import { callId, type CallKey } from '@turnlog/call-events';
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

interface Row {
  readonly tenant: string;
  readonly call_sid: string;
  readonly is_archive_removed: boolean;
}

interface Stretch {
  readonly tenant: string;
  readonly call_sid: string;
  readonly epoch: string;
  readonly from_seq: number;
  readonly to_seq: number;
}

/**
 * The calls that were written once and are missing now: the row is missing, or parts of the archive are. A
 * row and its archive are written together, so if a row is behind, its archive is too.
 */
export async function findMissing<Claim extends ArchiveClaim>(
  db: Kysely<CallStoreSchema>,
  claims: readonly Claim[],
): Promise<Claim[]> {
  if (claims.length === 0) return [];
  const rows = await readRows(db, claims);
  const stretches = await readStretches(db, claims);
  return claims.filter((claim) => {
    const { call, epoch, persistedSeq, setAside } = claim;
    const wanted = persistedSeq - setAside;
    const row = rows.get(callId(call));
    if (row?.is_archive_removed === true || wanted <= 0) return false;
    return row === undefined || covered(stretches.get(nameOf(call, epoch)) ?? [], persistedSeq) < wanted;
  });
}

async function readRows(
  db: Kysely<CallStoreSchema>,
  claims: readonly ArchiveClaim[],
): Promise<Map<string, Row>> {
  const { rows } = await sql<Row>`
    select tenant, call_sid, archive_removed_at is not null as is_archive_removed from call_sessions
    where (tenant, call_sid) in (
      select * from unnest(${claims.map(({ call }) => call.tenant)}::text[], ${claims.map(({ call }) => call.callSid)}::text[])
    )`.execute(db);
  return new Map(rows.map((row) => [callId({ tenant: row.tenant, callSid: row.call_sid }), row]));
}

/** By call and epoch. */
async function readStretches(
  db: Kysely<CallStoreSchema>,
  claims: readonly ArchiveClaim[],
): Promise<Map<string, Stretch[]>> {
  const { rows } = await sql<Stretch>`
    select tenant, call_sid, epoch, from_seq, to_seq from call_event_segments
    where (tenant, call_sid, epoch) in (
      select * from unnest(
        ${claims.map(({ call }) => call.tenant)}::text[],
        ${claims.map(({ call }) => call.callSid)}::text[],
        ${claims.map(({ epoch }) => epoch)}::text[]
      )
    )
    order by from_seq`.execute(db);
  const stretches = new Map<string, Stretch[]>();
  for (const row of rows) {
    const name = nameOf({ tenant: row.tenant, callSid: row.call_sid }, row.epoch);
    const known = stretches.get(name);
    if (known === undefined) stretches.set(name, [row]);
    else known.push(row);
  }
  return stretches;
}

/**
 * How many of the first entries the segments cover; they may overlap, and are sorted by their first entry.
 */
function covered(stretches: readonly Stretch[], upToSeq: number): number {
  let count = 0;
  let lastSeq = 0;
  for (const { from_seq: fromSeq, to_seq: toSeq } of stretches) {
    const end = Math.min(toSeq, upToSeq);
    count += Math.max(0, end - Math.max(fromSeq - 1, lastSeq));
    lastSeq = Math.max(lastSeq, end);
  }
  return count;
}

function nameOf(call: CallKey, epoch: string): string {
  return `${callId(call)} ${epoch}`;
}
