import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLogger, Lifecycle, readConfig } from '@turnlog/service-kit';
import { freePort, startRedisForTest, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { configSchema, type Config } from './config.ts';
import { callOf, openTestSpace, started, turn, type TestSpace } from './session.test-support.ts';
import { startSession } from './service.ts';

const call = callOf('CA1');

let space: TestSpace;
let services: Lifecycle[] = [];
beforeEach(async () => (space = await openTestSpace()));
afterEach(async () => {
  for (const service of services) await service.stop('the test is over');
  services = [];
  space.close();
});

function configOf(env: Readonly<Record<string, string>> = {}): Config {
  const result = readConfig(configSchema, {
    REDIS_URL: testRedisUrl(),
    KEY_PREFIX: space.space.prefix,
    PARTITIONS: String(space.space.partitions),
    INSTANCE: `replica-${services.length}`,
    HEALTH_PORT: '0',
    BLOCK_MS: '200',
    SWEEP_EVERY_MS: '20',
    ...env,
  });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.config;
}

/** A whole service in this process, and the lines of its log. */
async function start(env?: Readonly<Record<string, string>>) {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
  const logger = createLogger({ service: 'session', destination });
  const lifecycle = new Lifecycle({ logger });
  services.push(lifecycle);
  const { health_port: port } = await startSession(configOf(env), { lifecycle, logger });
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  return { lifecycle, lines, get };
}

async function untilTranscript(texts: readonly string[]): Promise<void> {
  await waitUntil(async () => JSON.stringify(await space.transcript(call)) === JSON.stringify(texts), {
    what: `the transcript is ${texts.join(', ')}`,
  });
}

test('a service shows what was appended before it came, and what is appended after', async () => {
  await space.append(call, started('c1'), turn('before'));
  const { get } = await start();
  await untilTranscript(['before']);
  await space.append(call, turn('after'));
  await untilTranscript(['before', 'after']);

  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toMatch(/session_folded_events_total\{.*\} 3/);
  expect(metrics).toMatch(/session_cached_calls\{.*\} 1/);
});

test('two replicas share the calls, and one that is told to stop ends in order', async () => {
  const [first] = await Promise.all([start(), start({ INSTANCE: 'another' })]);
  const texts = Array.from({ length: 60 }, (_, n) => `turn ${n}`);
  for (const [n, text] of texts.entries()) {
    if (n === 30) await first.lifecycle.stop('half-way');
    await space.append(call, turn(text));
  }
  await untilTranscript(texts);
  expect(first.lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

test('the log says how far the states are behind', async () => {
  const { lines } = await start();
  const line = await waitUntil(() => lines.find(({ msg }) => msg === 'session lag'), { what: 'it does' });
  expect(line).toMatchObject({ lag: 0, pending: 0, oldest_age_ms: 0 });
});

test('a call whose gateway is gone is ended, and its live state shows it', async () => {
  await start({ LOST_AFTER_MS: '300' });
  await space.append(call, started('c1'), turn('one'));
  await waitUntil(async () => (await space.session(call))?.fields['status'] === 'completed', {
    what: 'the call is over',
  });
  expect((await space.session(call))?.fields).toMatchObject({ end_reason: 'gateway_lost', turns: '1' });
});

test('a call that goes on is handed to Postgres once per interval in which it changed', async () => {
  await start({ CHECKPOINT_EVERY_MS: '100' });
  await space.append(call, started('c1'), turn('one'));
  const checkpoints = async () => {
    const entries = await space.feed('persist');
    return entries.filter(({ reason }) => reason === 'checkpoint').map(({ seq }) => seq);
  };
  await waitUntil(async () => (await checkpoints()).length === 1, { what: 'the first checkpoint' });
  await space.append(call, turn('two'));
  await waitUntil(async () => (await checkpoints()).length === 2, { what: 'the second checkpoint' });
  expect(await checkpoints()).toEqual([2, 3]);
});

test('an entry that is no event is logged without its text', async () => {
  const { lines } = await start();
  const { log, head } = space.keysOf(call);
  await space.redis.xadd(log, '1-0', 'e', '{"secret":"Around 50 lakhs"}');
  await space.redis.hset(head, 'seq', 1, 'epoch', 'e');
  await space.append(call, turn('after'));
  await untilTranscript(['after']);
  const line = await waitUntil(() => lines.find(({ msg }) => msg === 'a log entry is not an event'), {
    what: 'it is logged',
  });
  expect(line).toMatchObject({ call_sid: 'CA1', seq: 1, code: 'not_an_envelope' });
  expect(JSON.stringify(lines)).not.toContain('lakhs');
});

test('a Redis that lost its newest writes finds no stale state in the service', async () => {
  const redis = await startRedisForTest();
  try {
    const { lines } = await start({ REDIS_URL: redis.url });
    const own = await openTestSpace({ url: redis.url, prefix: space.space.prefix });
    await own.append(call, turn('one'));
    await waitUntil(async () => (await own.transcript(call)).length === 1, { what: 'the first turn shows' });
    const kept = await keep(own);
    await own.append(call, turn('two'), turn('lost'));
    await waitUntil(async () => (await own.transcript(call)).length === 3, { what: 'the lost turn shows' });

    await own.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await kept.restore();
    await own.append(call, turn('two'), turn('another'), turn('more'), turn('and more'));
    await waitUntil(async () => (await own.transcript(call)).length === 5, { what: 'all turns show' });
    expect(await own.transcript(call)).toEqual(['one', 'two', 'another', 'more', 'and more']);
    expect(lines.some(({ level }) => Number(level) >= 40)).toBe(true);
    own.close();
  } finally {
    for (const service of services) await service.stop('before its Redis');
    await redis.close();
  }
});

/** Keeps the keys of the call as they are now. */
async function keep({ redis, keysOf }: TestSpace) {
  const { log, head, session, turns, ids } = keysOf(call);
  const keys = [log, head, session, turns, ids];
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return {
    restore: async () => {
      const pipeline = redis.multi();
      keys.forEach((key, index) => pipeline.call('RESTORE', [key, 0, dumps[index] ?? '', 'REPLACE']));
      await pipeline.exec();
    },
  };
}

test('a service whose Redis is away is alive and not ready, and comes round by itself', async () => {
  const redis = await startRedisForTest();
  try {
    const { get } = await start({ REDIS_URL: redis.url });
    const own = await openTestSpace({ url: redis.url, prefix: space.space.prefix });
    await redis.crash();
    await waitUntil(async () => (await get('/readyz')).status === 503, { what: 'it is not ready' });
    expect((await get('/healthz')).status).toBe(200);
    await redis.start();
    await waitUntil(async () => (await get('/readyz')).status === 200, { what: 'it is ready again' });
    await waitUntil(() => own.redis.ping(), { what: 'the test is connected again' });
    await own.append(call, turn('afterwards'));
    await waitUntil(async () => (await own.transcript(call)).length === 1, { what: 'the turn shows' });
    own.close();
  } finally {
    for (const service of services) await service.stop('before its Redis');
    await redis.close();
  }
});

test('a service that finds no Redis answers probes until it is told to stop', async () => {
  const port = await freePort();
  const healthPort = await freePort();
  const starting = start({ REDIS_URL: `redis://127.0.0.1:${port}`, HEALTH_PORT: String(healthPort) });
  const probe = (path: string) => fetch(`http://127.0.0.1:${healthPort}${path}`).then(({ status }) => status);
  await waitUntil(async () => (await probe('/readyz')) === 503, { what: 'it says that it is not ready' });
  expect(await probe('/healthz')).toBe(200);
  const [service] = services;
  const stopped = service?.stop('no Redis came');
  await expect(starting).rejects.toThrow();
  expect(await stopped).toMatchObject({ failedSteps: [] });
});
