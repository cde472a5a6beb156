import { crc32 } from 'node:zlib';
import { callId, callOfId, type CallKey } from '@turnlog/call-events';

/** Where in Redis Turnlog keeps its keys. All services of one system must use the same. */
export interface KeySpace {
  /** Put before every key, `tl:` by default. */
  readonly prefix: string;
  /** The number of partitions. It cannot change while calls are in Redis. */
  readonly partitions: number;
}

/** The prefix and the number of partitions that a system starts with. */
export const DEFAULT_KEY_SPACE: KeySpace = { prefix: 'tl:', partitions: 16 };

/** The two feeds that list calls with work to do. */
export type FeedName = 'activity' | 'persist';

const PARTS = ['log', 'head', 'ids', 'session', 'turns', 'audio'] as const;

/** The keys of one call. They share the hash tag of its partition, so one script may use all of them. */
export type CallKeys = Readonly<Record<(typeof PARTS)[number], string>>;

/** The partition of a call: CRC-32 of `tenant/callSid` modulo the number of partitions. */
export function partitionOf({ partitions }: KeySpace, call: CallKey): number {
  return crc32(callId(call)) % partitions;
}

/** Groups what concerns calls by their partitions, in order. */
export function byPartition<T>(
  space: KeySpace,
  items: readonly T[],
  callOf: (item: T) => CallKey,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const partition = partitionOf(space, callOf(item));
    const group = groups.get(partition);
    if (group === undefined) groups.set(partition, [item]);
    else group.push(item);
  }
  return groups;
}

/** Every partition number of a key space. */
export function allPartitions({ partitions }: KeySpace): number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}

/** The keys of one call. */
export function callKeys(space: KeySpace, call: CallKey): CallKeys {
  const base = `${partitionBase(space, partitionOf(space, call))}call:${callId(call)}:`;
  return {
    log: `${base}log`,
    head: `${base}head`,
    ids: `${base}ids`,
    session: `${base}session`,
    turns: `${base}turns`,
    audio: `${base}audio`,
  };
}

/** The pattern of the calls' keys, for `SCAN`: of one part, or of the calls with one sid. */
export function callKeyPattern(
  { prefix }: KeySpace,
  { part = '*', callSid }: { readonly part?: keyof CallKeys | '*'; readonly callSid?: string | undefined },
): string {
  const call = callSid === undefined ? '*' : `*/${escapeGlob(callSid)}`;
  return `${escapeGlob(prefix)}{p*}:call:${call}:${part}`;
}

/** The call of a key; `undefined` for a key of another program, which is not in the right partition. */
export function callOfKey(space: KeySpace, key: string): CallKey | undefined {
  const begin = key.indexOf('}:call:') + '}:call:'.length;
  const part = PARTS.find((each) => key.endsWith(`:${each}`));
  if (part === undefined) return undefined;
  const call = callOfId(key.slice(begin, -`:${part}`.length));
  return callKeys(space, call)[part] === key ? call : undefined;
}

/** The keys of one partition. */
export function partitionKeys(space: KeySpace, partition: number) {
  const base = partitionBase(space, partition);
  return {
    activity: `${base}activity`,
    persist: `${base}persist`,
    live: `${base}live`,
    checkpoints: `${base}checkpoints`,
    dead: `${base}dead`,
  };
}

/** The keys of one partition. */
export type PartitionKeys = ReturnType<typeof partitionKeys>;

/** The channel on which changes of live calls are published. */
export function changesChannel({ prefix }: KeySpace): string {
  return `${prefix}changes`;
}

/** The key of the write that a barrier waits for. */
export function durabilityKey({ prefix }: KeySpace): string {
  return `${prefix}durability`;
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** When each replica that reads a feed was last seen. */
export function replicasKey({ prefix }: KeySpace, feed: FeedName): string {
  return `${prefix}replicas:${feed}`;
}

function partitionBase({ prefix }: KeySpace, partition: number): string {
  return `${prefix}{p${String(partition).padStart(2, '0')}}:`;
}
