import { callOfId, type CallKey } from '@turnlog/call-events';

/** One entry of a feed: a call with new events, up to `seq`. */
export interface FeedEntry {
  readonly partition: number;
  readonly id: string;
  readonly call: CallKey;
  readonly seq: number;
  /** Why it is in the persist feed: `closed`, `late`, `checkpoint`, `replay`, or `missing` in Postgres. Empty in the activity feed. */
  readonly reason: string;
  /** How often it was delivered, this time included. Absent at the first delivery. */
  readonly deliveries?: number;
}

/** An entry as Redis returns it; without fields if it was deleted while it was pending. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null];

/** Parses one entry; `undefined` if it does not name a call. */
export function readFeedEntry(partition: number, [id, fields]: RawEntry): FeedEntry | undefined {
  const named = toRecord(fields ?? []);
  const member = named['c'];
  if (member?.includes('/') !== true) return undefined;
  return {
    partition,
    id,
    call: callOfId(member),
    seq: Number.parseInt(named['s'] ?? '', 10) || 0,
    reason: named['r'] ?? '',
  };
}

/** The flat field list of a stream entry, by name. */
export function toRecord(fields: readonly string[]): Record<string, string | undefined> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) record[fields[i] ?? ''] = fields[i + 1] ?? '';
  return record;
}
