/*
 * Ours: `createAppender`, 256 calls at once, each with one event in flight, as gateways do under load. Every
 * event gets its seq, is checked for duplicates, and is added to the activity feed. Yardstick: the same
 * events, added with bare `XADD`s to 256 streams, in pipelines of 256, through the same client.
 *
 * Fair: both have the events as objects beforehand and encode them within the time; as many are in flight in
 * both. CPU is that of this process and of Redis together.
 */
import { encodeEvent } from '@turnlog/call-events';
import { createAppender, DEFAULT_KEY_SPACE, toNewEvent } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { callOf, turnsOf, type Turns } from '../load/turns-of-call.ts';
import { clearCalls } from '../servers.ts';

const CALLS = 256;
const EVENTS_PER_CALL = 200;

export const append: Benchmark = {
  name: 'append',
  compares: 'appends to 256 calls, one event of each in flight ÷ bare pipelined XADDs of the same events',
  unit: 'events/s',
  betterIs: 'higher',
  target: 0.35,
  aim: 0.5,
  rounds: 9,
  warmUpRounds: 1,
  open,
};

function open({ servers, size }: Bench): Promise<Contest> {
  const { redis } = servers;
  const appender = createAppender(redis, DEFAULT_KEY_SPACE, { maxEvents: 100_000 });
  const turnsPerCall = size(EVENTS_PER_CALL);
  let round = 0;

  const appendCall = async (turns: Turns): Promise<void> => {
    const call = callOf(turns);
    for (const event of turns)
      await appender.append({ call, mode: 'ordered', events: [toNewEvent(event, { rememberId: false })] });
  };
  const addPlainly = async (calls: readonly Turns[]): Promise<void> => {
    for (let n = 0; n < turnsPerCall; n += 1) {
      const pipeline = redis.pipeline();
      for (const turns of calls) {
        const event = turns[n];
        if (event !== undefined) pipeline.xadd(`plain:call:${event.callSid}`, '*', 'e', encodeEvent(event));
      }
      await pipeline.exec();
    }
  };
  const measure = async (write: (calls: readonly Turns[]) => Promise<unknown>): Promise<Sample> => {
    round += 1;
    await clearCalls(servers);
    const calls = Array.from({ length: CALLS }, (_, index) => turnsOf(`CA${round}-${index}`, turnsPerCall));
    const cpuBefore = await cpuMicros(redis);
    const beganAt = performance.now();
    await write(calls);
    const seconds = (performance.now() - beganAt) / 1000;
    const events = CALLS * turnsPerCall;
    return { value: events / seconds, cpuMicros: ((await cpuMicros(redis)) - cpuBefore) / events };
  };
  return Promise.resolve({
    ours: () => measure((calls) => Promise.all(calls.map(appendCall))),
    yardstick: () => measure(addPlainly),
    close: () => Promise.resolve(),
  });
}

async function cpuMicros(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const secondsOf = (kind: string): number =>
    Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)?.[1]);
  const { user, system } = process.cpuUsage();
  return (secondsOf('user') + secondsOf('sys')) * 1e6 + user + system;
}
