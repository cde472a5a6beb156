import { callId, callOfId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { entriesOf } from '../erase/logged-texts.ts';
import { toRecord, type RawEntry } from '../feed/feed-entry.ts';
import { allPartitions, callKeys, partitionKeys, type KeySpace } from '../keys.ts';
import { runScript } from '@turnlog/redis-kit';
import { removeLetterScript } from './remove-letter-script.ts';

/** Which dead letters are too old. */
export interface OldLetters {
  readonly tenant: string;
  /** Older letters are removed, unless their call has something younger. */
  readonly beforeMs: number;
  readonly isDryRun: boolean;
  readonly isHeld: (call: CallKey) => Promise<boolean>;
}

/**
 * Removes a tenant's dead letters that are too old, each with the log that it points at; resolves to their
 * number. The letters of a call that is in progress, is held, or has something younger in its log, stay.
 */
export async function removeOldLetters(
  redis: Redis,
  space: KeySpace,
  { tenant, beforeMs, isDryRun, isHeld }: OldLetters,
): Promise<number> {
  let removed = 0;
  for (const partition of allPartitions(space)) {
    for await (const letter of entriesOf(redis, partitionKeys(space, partition).dead)) {
      const { call: member, at } = toRecord(letter[1] ?? []);
      if (member?.includes('/') !== true || Number(at) >= beforeMs) continue;
      const call = callOfId(member);
      if (call.tenant !== tenant || (await isHeld(call))) continue;
      const newest = await newestOf(redis, callKeys(space, call).log);
      if (newest !== undefined && newest.atMs >= beforeMs) continue;
      removed += await remove(redis, space, { partition, letter, call, seq: newest?.seq ?? 0, isDryRun });
    }
  }
  return removed;
}

interface Removal {
  readonly partition: number;
  readonly letter: RawEntry;
  readonly call: CallKey;
  /** The newest event of the log when its age was read. */
  readonly seq: number;
  readonly isDryRun: boolean;
}

async function remove(
  redis: Redis,
  space: KeySpace,
  { partition, letter: [id, fields], call, seq, isDryRun }: Removal,
): Promise<number> {
  const { dead, live, checkpoints } = partitionKeys(space, partition);
  const { head, log, ids, session, turns } = callKeys(space, call);
  const { kind = 'call', epoch } = toRecord(fields ?? []);
  const keys = [dead, live, checkpoints, head, log, ids, session, turns];
  const args = [id, callId(call), kind, epoch === undefined ? '0' : '1', seq, isDryRun ? '1' : '0'];
  return Number(await runScript(redis, removeLetterScript, keys, args));
}

/** `undefined` without a log. An entry that is not an event has no time, and counts as old. */
async function newestOf(
  redis: Redis,
  log: string,
): Promise<{ readonly seq: number; readonly atMs: number } | undefined> {
  const [newest] = (await redis.xrevrange(log, '+', '-', 'COUNT', 1)) as RawEntry[];
  if (newest === undefined) return undefined;
  const [, at] = /"at":"([^"]+)"/.exec(newest[1]?.[1] ?? '') ?? [];
  const atMs = Date.parse(at ?? '');
  return { seq: Number.parseInt(newest[0], 10), atMs: Number.isNaN(atMs) ? 0 : atMs };
}
