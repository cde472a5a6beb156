import { identityOf, type CallKey, type Identified } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** An archived event: its exact text, and its place in the log. */
export interface ArchivedEvent {
  readonly epoch: string;
  readonly seq: number;
  readonly text: string;
}

/**
 * The archive of a call in the order of its epochs and entries. If segments overlap, an entry occurs more
 * than once.
 */
export async function readArchivedEvents(
  db: Kysely<CallStoreSchema>,
  { tenant, callSid }: CallKey,
): Promise<ArchivedEvent[]> {
  const { rows } = await sql<ArchivedEvent>`
    select segment.epoch, segment.from_seq + (member.number - 1)::integer as seq, member.value::text as text
    from (
      select *, min(created_at) over (partition by epoch) as first_seen_at
      from call_event_segments
      where tenant = ${tenant} and call_sid = ${callSid}
    ) as segment
    cross join lateral json_array_elements(segment.events) with ordinality as member (value, number)
    order by segment.first_seen_at, segment.epoch, seq, segment.from_seq`.execute(db);
  return rows;
}

/** The events of a call without duplicates: the first of each. A text without an id counts as its own. */
export function withoutRepeats(events: readonly ArchivedEvent[]): ArchivedEvent[] {
  const byIdentity = new Map<string, ArchivedEvent>();
  for (const event of events) {
    const identity = identityOfText(event.text);
    if (!byIdentity.has(identity)) byIdentity.set(identity, event);
  }
  return [...byIdentity.values()];
}

function identityOfText(text: string): string {
  const json = JSON.parse(text) as Partial<Identified> | null;
  return typeof json?.id === 'string' ? identityOf({ ...json, id: json.id }) : text;
}
