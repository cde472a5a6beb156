import { callId, callOfId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord } from '../feed/feed-entry.ts';
import { allPartitions, byPartition, callKeys, partitionKeys, type KeySpace } from '../keys.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { runScript, serverTimeMs } from '@turnlog/redis-kit';
import { checkpointScript, touchScript } from './live-scripts.ts';

/** The most calls of one partition that are read at a time. */
const SWEEP_LIMIT = 200;

/** A call that was seen later than this from now was seen by a clock that has been set back since. */
const AHEAD_MS = 5_000;

/** A call in progress. */
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

/** The session service's interval by default. */
const CHECKPOINT_EVERY_MS = 30_000;

/** The calls in progress and their due checkpoints, at most `checkpointEveryMs` after they were requested. */
export class LiveCalls {
  readonly #redis: Redis;
  readonly #space: KeySpace;
  readonly #checkpointEveryMs: number;

  constructor(redis: Redis, space: KeySpace, checkpointEveryMs = CHECKPOINT_EVERY_MS) {
    this.#redis = redis;
    this.#space = space;
    this.#checkpointEveryMs = checkpointEveryMs;
  }

  /** Marks these calls as still connected. */
  async touch(calls: readonly CallKey[]): Promise<void> {
    for (const [partition, some] of byPartition(this.#space, calls, (call) => call))
      await runScript(
        this.#redis,
        touchScript,
        [partitionKeys(this.#space, partition).live],
        some.map(callId),
      );
  }

  /** All live calls, the least recently seen first. */
  async list(): Promise<LiveCall[]> {
    const lists = await Promise.all(
      allPartitions(this.#space).map((partition) =>
        this.#redis
          .zrange(partitionKeys(this.#space, partition).live, '0', '-1', 'WITHSCORES')
          .then(toLiveCalls),
      ),
    );
    return lists.flat().sort((a, b) => a.seenAtMs - b.seenAtMs);
  }

  /**
   * Live calls of a partition that were not seen for `lostAfterMs`: one page after an offset. Calls seen in
   * the future count as seen now, otherwise a clock that was set back would keep a dead gateway's calls for
   * as long.
   */
  async findLost(partition: number, lostAfterMs: number, passOver = 0): Promise<LostCall[]> {
    const { live } = partitionKeys(this.#space, partition);
    const nowMs = await serverTimeMs(this.#redis);
    const ahead = await this.#redis.zrangebyscore(live, nowMs + AHEAD_MS, '+inf', 'LIMIT', 0, SWEEP_LIMIT);
    if (ahead.length > 0) await runScript(this.#redis, touchScript, [live], ahead);
    const page = ['WITHSCORES', 'LIMIT', passOver, SWEEP_LIMIT] as const;
    const found = await this.#redis.zrangebyscore(live, '-inf', nowMs - lostAfterMs, ...page);
    return Promise.all(
      toLiveCalls(found).map(async (lost) => ({ ...lost, openConnections: await this.#openOf(lost.call) })),
    );
  }

  /**
   * Requests the checkpoints that are due in a partition; resolves to their number. One that is due later
   * than possible comes from a clock that was set back since: it is due now.
   */
  async requestDueCheckpoints(partition: number): Promise<number> {
    const { checkpoints, persist } = partitionKeys(this.#space, partition);
    const nowMs = await serverTimeMs(this.#redis);
    const limit = ['LIMIT', 0, SWEEP_LIMIT] as const;
    const aheadMs = nowMs + this.#checkpointEveryMs + AHEAD_MS;
    const due = [
      ...(await this.#redis.zrangebyscore(checkpoints, '-inf', nowMs, ...limit)),
      ...(await this.#redis.zrangebyscore(checkpoints, aheadMs, '+inf', ...limit)),
    ];
    const asked = await Promise.all(
      due.map(async (member) => {
        const keys = [callKeys(this.#space, callOfId(member)).head, checkpoints, persist];
        return (await runScript(this.#redis, checkpointScript, keys, [member])) === 1;
      }),
    );
    return asked.filter(Boolean).length;
  }

  /** A call whose head is of another type has no known connections, and does not block the others. */
  async #openOf(call: CallKey): Promise<string[]> {
    const fields = await this.#redis.hgetall(callKeys(this.#space, call).head).catch((error: unknown) => {
      if (isFaultOfTheCall(error)) return {};
      throw error;
    });
    return Object.entries(fields).flatMap(([field, state]) =>
      field.startsWith('c:') && state === 'open' ? [field.slice('c:'.length)] : [],
    );
  }
}

function toLiveCalls(flat: readonly string[]): LiveCall[] {
  return Object.entries(toRecord(flat)).map(([member, score]) => ({
    call: callOfId(member),
    seenAtMs: Number(score),
  }));
}
