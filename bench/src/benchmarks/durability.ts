/*
 * What DURABILITY costs. Ours: `createAppender` with the barrier of `disk`, on a Redis with `appendfsync
 * always`, or of `replica`, on a Redis with one replica on the same machine. Yardstick: the same appends with
 * DURABILITY=redis, on the Redis of the run, which syncs every second and has no replica.
 *
 * `-rate`: 256 calls at once, each with one event in flight: waiting appends share an fsync or a replica's
 * answer. `-wait`: a single event in flight: how much longer an agent waits for its acknowledgement. p50.
 *
 * There is no goal: the disk decides, and a replica in another rack adds its network.
 */
import {
  createAppender,
  toNewEvent,
  DEFAULT_KEY_SPACE,
  findBarrier,
  type Appender,
  type Durability,
} from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { type Bench, type Benchmark, type Contest } from '../benchmark.ts';
import { callOf, turnsOf, type Turns } from '../load/turns-of-call.ts';
import { until } from '../load/until.ts';
import { clearCalls, startAnotherRedis, type AnotherRedis, type Servers } from '../servers.ts';
import { median } from '../statistics.ts';

const CALLS = 256;
const EVENTS_PER_CALL = 40;
const EVENTS_ALONE = 1_000;
const TIMEOUT_MS = 5_000;

type Level = 'disk' | 'replica';

const DURABILITY: Readonly<Record<Level, Durability>> = {
  disk: { level: 'disk', timeoutMs: TIMEOUT_MS },
  replica: { level: 'replica', replicas: 1, timeoutMs: TIMEOUT_MS },
};

/** Appends a second with this durability. */
export function durabilityRate(level: Level): Benchmark {
  return {
    name: `durability-${level}-rate`,
    compares: `appends to 256 calls with DURABILITY=${level} ÷ the same with DURABILITY=redis`,
    unit: 'events/s',
    betterIs: 'higher',
    rounds: 7,
    warmUpRounds: 1,
    open: (bench) => openContest(level, bench, measureRate),
  };
}

/** The wait for one acknowledgement with this durability. */
export function durabilityWait(level: Level): Benchmark {
  return {
    name: `durability-${level}-wait`,
    compares: `one append's wait for its acknowledgement, p50, with DURABILITY=${level} ÷ with DURABILITY=redis`,
    unit: 'ms',
    betterIs: 'lower',
    rounds: 7,
    warmUpRounds: 1,
    open: (bench) => openContest(level, bench, measureWait),
  };
}

type Measure = (appender: Appender, round: number, size: Bench['size']) => Promise<number>;

async function openContest(level: Level, { servers, size }: Bench, measure: Measure): Promise<Contest> {
  const side = await openSide(level, servers);
  const durable = await appenderOn(side.redis, DURABILITY[level]);
  const plain = await appenderOn(servers.redis, { level: 'redis' });
  let round = 0;
  return {
    ours: async () => {
      await side.redis.flushall();
      return { value: await measure(durable, (round += 1), size) };
    },
    yardstick: async () => {
      await clearCalls(servers);
      return { value: await measure(plain, (round += 1), size) };
    },
    close: () => side.stop(),
  };
}

function openSide(level: Level, servers: Servers): Promise<AnotherRedis> {
  return level === 'disk'
    ? startAnotherRedis(servers, 'redis-always', { appendfsync: 'always' })
    : startPair(servers);
}

/** A primary and its replica, which has everything when this resolves. */
async function startPair(servers: Servers): Promise<AnotherRedis> {
  const primary = await startAnotherRedis(servers, 'redis-primary', {
    extraArgs: ['--repl-diskless-sync-delay', '0'],
  });
  const replica = await startAnotherRedis(servers, 'redis-replica', {
    extraArgs: ['--replicaof', '127.0.0.1', String(primary.port)],
  });
  const isOnline = async (): Promise<boolean> =>
    (await primary.redis.info('replication')).includes('state=online');
  await until(isOnline, { what: 'the replica is connected' });
  return {
    ...primary,
    stop: async () => {
      await replica.stop();
      await primary.stop();
    },
  };
}

async function appenderOn(redis: Redis, durability: Durability): Promise<Appender> {
  const barrier = await findBarrier(redis, DEFAULT_KEY_SPACE, durability);
  return createAppender(redis, DEFAULT_KEY_SPACE, { maxEvents: 100_000, barrier: () => barrier });
}

async function measureRate(appender: Appender, round: number, size: Bench['size']): Promise<number> {
  const turnsPerCall = size(EVENTS_PER_CALL);
  const calls = Array.from({ length: CALLS }, (_, index) => turnsOf(`CA${round}-${index}`, turnsPerCall));
  const beganAt = performance.now();
  await Promise.all(calls.map((turns) => appendOneByOne(appender, turns)));
  return (CALLS * turnsPerCall) / ((performance.now() - beganAt) / 1000);
}

async function measureWait(appender: Appender, round: number, size: Bench['size']): Promise<number> {
  return median(await appendOneByOne(appender, turnsOf(`CA${round}`, size(EVENTS_ALONE))));
}

/** Resolves to the milliseconds of each append. */
async function appendOneByOne(appender: Appender, turns: Turns): Promise<number[]> {
  const call = callOf(turns);
  const waitsMs: number[] = [];
  for (const event of turns) {
    const beganAt = performance.now();
    const { outcome } = await appender.append({
      call,
      mode: 'ordered',
      events: [toNewEvent(event, { rememberId: false })],
    });
    if (outcome !== 'ok') throw new Error(`an append returned ${outcome}`);
    waitsMs.push(performance.now() - beganAt);
  }
  return waitsMs;
}
