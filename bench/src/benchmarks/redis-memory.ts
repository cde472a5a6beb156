/*
 * Ours: the memory in Redis of a finished call that the real session service and the real persister have
 * processed: log, head, ids, live state and live transcript, by `MEMORY USAGE … SAMPLES 0`, for an hour after
 * the call. The agent gives every message an id, which the call then remembers: the most expensive way to
 * report. Yardstick: the bytes of the call's encoded events.
 *
 * The feeds must be empty by then. Nothing here depends on speed, so one round is enough.
 */
import { encodeEvent } from '@turnlog/call-events';
import { callKeys, DEFAULT_KEY_SPACE, readSession } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { type Bench, type Benchmark, type Contest } from '../benchmark.ts';
import { createCallWriter } from '../load/call-writer.ts';
import { feedBacklog } from '../load/feed-backlog.ts';
import { sampleCall, type SampleCall } from '../load/sample-call.ts';
import { until } from '../load/until.ts';
import { startService } from '../processes/service.ts';
import { sum } from '../statistics.ts';

const CALLS = 50;

/** The memory of calls of this many events. */
export function redisMemory(events: number): Benchmark {
  return {
    name: `redis-memory-${events}`,
    compares: `Redis memory of a finished call of ${events} events ÷ the bytes of its events`,
    unit: 'bytes',
    betterIs: 'lower',
    target: 3,
    rounds: 1,
    warmUpRounds: 0,
    open: (bench) => open(bench, events),
  };
}

async function open({ servers }: Bench, events: number): Promise<Contest> {
  const { redis } = servers;
  const session = await startService('session', servers);
  const persister = await startService('persister', servers);
  const calls = Array.from({ length: CALLS }, (_, n) => sampleCall(`CA${n}`, { events }));
  return {
    ours: async () => {
      const writer = createCallWriter(redis);
      await writer.begin(calls);
      await writer.end(calls);
      await until(() => isEverythingDone(redis, calls), { what: 'all calls are folded and persisted' });
      const sizes = await Promise.all(calls.map((call) => memoryOf(redis, call)));
      return { value: sum(sizes) / calls.length };
    },
    yardstick: () => {
      const sizes = calls.flatMap((call) =>
        call.events.map((event) => Buffer.byteLength(encodeEvent(event))),
      );
      return Promise.resolve({ value: sum(sizes) / calls.length });
    },
    close: async () => {
      await session.stop();
      await persister.stop();
    },
  };
}

async function isEverythingDone(redis: Redis, calls: readonly SampleCall[]): Promise<boolean> {
  const backlog = (await feedBacklog(redis, 'activity')) + (await feedBacklog(redis, 'persist'));
  if (backlog > 0) return false;
  const sessions = await Promise.all(calls.map(({ call }) => readSession(redis, DEFAULT_KEY_SPACE, call)));
  return sessions.every((each, index) => Number(each?.fields['version']) === calls[index]?.events.length);
}

async function memoryOf(redis: Redis, { call }: SampleCall): Promise<number> {
  const keys: string[] = Object.values(callKeys(DEFAULT_KEY_SPACE, call));
  const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
  return sum(sizes.map((size) => size ?? 0));
}
