import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord } from '../feed/feed-entry.ts';
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
import { serverTimeMs } from '../redis/server-time.ts';
import { checkpointScript, touchScript } from './live-scripts.ts';

/** The most calls of one partition that are taken at a time. */
const SWEEP_LIMIT = 200;

/** A call that was seen later than this from now was seen by a clock that was set back since. */
const AHEAD_MS = 5_000;

/** A call that is going on. */
export interface LiveCall {
  readonly call: CallKey;
  /** When it was last seen, Unix ms by the clock of Redis. */
  readonly seenAtMs: number;
}

/** A live call that was not seen for too long. */
export interface LostCall extends LiveCall {
  /** Its open connections. None for a call whose events came over HTTP alone. */
  readonly openConnections: readonly string[];
}

/** The sorted set of calls that are going on, and what is due for them. */
export function createLiveCalls(redis: Redis, space: KeySpace) {
  return {
    /** Notes that these calls are still connected. */
    touch: async (calls: readonly CallKey[]): Promise<void> => {
      for (const [partition, members] of groupByPartition(space, calls)) {
        await runScript(redis, touchScript, [partitionKeys(space, partition).live], members);
      }
    },

    /** All live calls, the ones not seen for the longest time first. */
    list: async (): Promise<LiveCall[]> => {
      const lists = await Promise.all(
        allPartitions(space).map((partition) =>
          redis.zrange(partitionKeys(space, partition).live, '0', '-1', 'WITHSCORES').then(toLiveCalls),
        ),
      );
      return lists.flat().sort((a, b) => a.seenAtMs - b.seenAtMs);
    },

    /**
     * Live calls of a partition that were not seen for `lostAfterMs`: the first page after so many of them. Those that
     * were seen in the future count as seen now, or a clock that was set back would keep a dead gateway's calls for as long.
     */
    findLost: async (partition: number, lostAfterMs: number, passOver = 0): Promise<LostCall[]> => {
      const { live } = partitionKeys(space, partition);
      const nowMs = await serverTimeMs(redis);
      const ahead = await redis.zrangebyscore(live, nowMs + AHEAD_MS, '+inf', 'LIMIT', 0, SWEEP_LIMIT);
      if (ahead.length > 0) await runScript(redis, touchScript, [live], ahead);
      const until = nowMs - lostAfterMs;
      const found = await redis.zrangebyscore(
        live,
        '-inf',
        until,
        'WITHSCORES',
        'LIMIT',
        passOver,
        SWEEP_LIMIT,
      );
      return Promise.all(
        toLiveCalls(found).map(async (lost) => ({ ...lost, openConnections: await openOf(lost.call) })),
      );
    },

    /** Asks for the checkpoints that are due in a partition; resolves to their number. */
    requestDueCheckpoints: async (partition: number): Promise<number> => {
      const { checkpoints, persist } = partitionKeys(space, partition);
      const due = await redis.zrangebyscore(
        checkpoints,
        '-inf',
        await serverTimeMs(redis),
        'LIMIT',
        0,
        SWEEP_LIMIT,
      );
      const asked = await Promise.all(
        due.map((member) => {
          const keys = [callKeys(space, callOfMember(member)).head, checkpoints, persist];
          return runScript(redis, checkpointScript, keys, [member]);
        }),
      );
      return asked.filter((reply) => reply === 1).length;
    },
  };

  async function openOf(call: CallKey): Promise<string[]> {
    const head = toRecord(Object.entries(await redis.hgetall(callKeys(space, call).head)).flat());
    return Object.entries(head).flatMap(([field, state]) =>
      field.startsWith('c:') && state === 'open' ? [field.slice('c:'.length)] : [],
    );
  }
}

/** The live calls of a key space. */
export type LiveCalls = ReturnType<typeof createLiveCalls>;

function toLiveCalls(flat: readonly string[]): LiveCall[] {
  return Object.entries(toRecord(flat)).map(([member, score]) => ({
    call: callOfMember(member),
    seenAtMs: Number(score),
  }));
}

function groupByPartition(space: KeySpace, calls: readonly CallKey[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const call of calls) {
    const partition = partitionOf(space, call);
    const members = groups.get(partition) ?? [];
    members.push(memberOf(call));
    groups.set(partition, members);
  }
  return groups;
}
