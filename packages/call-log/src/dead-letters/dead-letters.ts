import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord, type RawEntry } from '../feed/feed-entry.ts';
import { groupOf } from '../feed/feed-reader.ts';
import {
  allPartitions,
  callKeys,
  callOfMember,
  memberOf,
  partitionKeys,
  partitionOf,
  type KeySpace,
} from '../keys.ts';
import { runScript } from '../redis/script.ts';
import { deadLetterScript, replayScript } from './dead-letter-script.ts';

/** What could not be persisted, and why. */
export interface DeadLetter {
  readonly call: CallKey;
  /** A whole call that Postgres refuses, or one entry of its log that is no event. */
  readonly kind: 'call' | 'event';
  /** The seq up to which the call was to be persisted, or the seq of the event. */
  readonly seq: number;
  /** A short code: an SQLSTATE, or a codec problem's code. */
  readonly reason: string;
  /** What was wrong, without any of the call's own words. */
  readonly detail: string;
  /** The bytes as they are in the log; one event, or a call's events as lines. */
  readonly original: string;
  /** Unix ms. */
  readonly atMs: number;
}

/** A dead letter that lies in Redis. */
export interface StoredDeadLetter extends DeadLetter {
  /** `<partition>:<entry id>`: what `show` and `replay` take. */
  readonly id: string;
}

/** The dead letters of a key space. They are never trimmed by themselves. */
export function createDeadLetters(redis: Redis, space: KeySpace) {
  const read = async (partition: number, from: string, to: string): Promise<StoredDeadLetter[]> => {
    const entries = (await redis.xrange(partitionKeys(space, partition).dead, from, to)) as RawEntry[];
    return entries.map((entry) => toLetter(partition, entry));
  };

  return {
    /** Sets the letter aside and acknowledges the persist feed's entries in the same step. */
    add: async (letter: DeadLetter, entryIds: readonly string[]): Promise<void> => {
      const { dead, persist } = partitionKeys(space, partitionOf(space, letter.call));
      const fields = toFields(letter);
      await runScript(
        redis,
        deadLetterScript,
        [callKeys(space, letter.call).head, dead, persist],
        [letterKey(letter), groupOf('persist'), fields.length / 2, ...fields, ...entryIds],
      );
    },

    /** All letters, oldest first. */
    list: async (): Promise<StoredDeadLetter[]> => {
      const lists = await Promise.all(allPartitions(space).map((partition) => read(partition, '-', '+')));
      return lists.flat().sort((a, b) => a.atMs - b.atMs);
    },

    /** One letter. */
    get: async (id: string): Promise<StoredDeadLetter | undefined> => {
      const { partition, entryId } = parseId(id);
      return (await read(partition, entryId, entryId))[0];
    },

    /**
     * Has the letter's call persisted again and takes the letter away. False when somebody else already did, and when
     * the call's log has expired: then the letter stays, as the last copy of what it holds.
     */
    replay: async ({ id, call, seq }: StoredDeadLetter): Promise<boolean> => {
      const { partition, entryId } = parseId(id);
      const { dead, persist } = partitionKeys(space, partition);
      const keys = [dead, persist, callKeys(space, call).log];
      return (await runScript(redis, replayScript, keys, [entryId, memberOf(call), seq])) === 1;
    },
  };
}

/** The dead letters of a key space. */
export type DeadLetters = ReturnType<typeof createDeadLetters>;

function letterKey({ kind, seq }: DeadLetter): string {
  return kind === 'call' ? 'call' : `event:${seq}`;
}

function toFields({ call, kind, seq, reason, detail, original, atMs }: DeadLetter): string[] {
  return Object.entries({ call: memberOf(call), kind, seq, reason, detail, original, at: atMs }).flatMap(
    ([name, value]) => [name, String(value)],
  );
}

function toLetter(partition: number, [entryId, fields]: RawEntry): StoredDeadLetter {
  const named = toRecord(fields ?? []);
  return {
    id: `${partition}:${entryId}`,
    call: callOfMember(named['call'] ?? ''),
    kind: named['kind'] === 'event' ? 'event' : 'call',
    seq: Number(named['seq']),
    reason: named['reason'] ?? '',
    detail: named['detail'] ?? '',
    original: named['original'] ?? '',
    atMs: Number(named['at']),
  };
}

function parseId(id: string): { partition: number; entryId: string } {
  const [partition = '', entryId = ''] = id.split(':');
  return { partition: Number(partition), entryId };
}
