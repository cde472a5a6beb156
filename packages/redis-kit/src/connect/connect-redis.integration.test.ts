import { afterEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { connectRedis, watchUsability } from './connect-redis.ts';

interface Line {
  readonly event?: string;
  readonly client?: string;
  readonly message: string;
}

let steps: (() => unknown)[] = [];
let lines: Line[] = [];
let server: PrivateServer | undefined;

const lifecycle = { onStop: (_name: string, step: () => unknown) => void steps.push(step) };
const log = (fields: object, message: string) => void lines.push({ ...fields, message });
const logger = { info: log, warn: log };
const messages = () => lines.map(({ message }) => message);

afterEach(async () => {
  for (const step of steps) step();
  [steps, lines] = [[], []];
  await server?.close();
});

test('a lost connection is logged once, however many attempts fail, and so is the next success', async () => {
  server = await startRedisForTest();
  await server.crash();
  let attempts = 0;
  const redis = connectRedis(lifecycle, { url: server.url, name: 'test', logger });
  redis.on('reconnecting', () => (attempts += 1));

  await waitUntil(() => attempts >= 4, { what: 'several attempts have failed' });
  expect(messages()).toEqual(['redis connection lost']);
  await server.start();
  await waitUntil(() => messages().includes('redis connected'), { what: 'it is connected' });
  await server.crash();
  await waitUntil(() => messages().length === 3, { what: 'the next loss is logged' });
  expect(lines).toEqual([
    expect.objectContaining({ event: 'redis_connection_lost', client: 'test' }),
    { event: 'redis_connected', client: 'test', message: 'redis connected' },
    expect.objectContaining({ event: 'redis_connection_lost', message: 'redis connection lost' }),
  ]);
});

test('a frozen Redis is logged once, and so is its next answer', async () => {
  server = await startRedisForTest();
  connectRedis(lifecycle, { url: server.url, name: 'test', logger });
  await waitUntil(() => messages().includes('redis connected'), { what: 'it is connected' });
  server.pause();
  await waitUntil(() => messages().includes('redis does not answer'), {
    what: 'its silence is logged',
    timeoutMs: 12_000,
  });
  // Until a ping has timed out, and another one was sent.
  await delay(6_000);
  server.resume();
  await waitUntil(() => messages().includes('redis answers again'), { what: 'its answer is logged' });
  expect(lines).toEqual([
    expect.objectContaining({ event: 'redis_connected' }),
    { event: 'redis_not_answering', client: 'test', message: 'redis does not answer' },
    { event: 'redis_answering', client: 'test', message: 'redis answers again' },
  ]);
});

test('a client is usable through a short interruption, and not before its first connection', async () => {
  server = await startRedisForTest();
  let nowMs = 0;
  const redis = connectRedis(lifecycle, { url: server.url, name: 'test', logger });
  const isUsable = watchUsability(redis, { graceMs: 1_000, monotonicMs: () => nowMs });

  expect(isUsable()).toBe(false);
  await waitUntil(isUsable, { what: 'it is connected' });
  nowMs = 5_000;
  expect(isUsable()).toBe(true);
  await server.crash();
  await waitUntil(() => messages().includes('redis connection lost'), { what: 'the connection is lost' });
  nowMs = 5_999;
  expect(isUsable()).toBe(true);
  nowMs = 6_000;
  expect(isUsable()).toBe(false);
});

test('a stop of the service closes the connection', async () => {
  server = await startRedisForTest();
  const redis = connectRedis(lifecycle, { url: server.url, name: 'test', logger, blockMs: 100 });
  await waitUntil(() => messages().includes('redis connected'), { what: 'it is connected' });
  for (const step of steps.splice(0)) step();
  await waitUntil(() => redis.status === 'end', { what: 'it is closed' });
});
