import { afterEach, expect, test } from '@jest/globals';
import { createCallStore, migrate } from '@turnlog/call-store';
import { createLogger, Lifecycle } from '@turnlog/service-kit';
import { PassThrough } from 'node:stream';
import {
  captureLines,
  createTestDatabase,
  startPostgresForTest,
  waitUntil,
  type PrivateServer,
  type TestDatabase,
} from '@turnlog/test-kit';
import { append, callOf, openTestSystem, wholeCall, type TestSystem } from './service.test-support.ts';
import { DatabaseWatch, probeDatabase } from './store/database-watch.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openSystem(databaseUrl: string): Promise<TestSystem> {
  const system = await openTestSystem(databaseUrl);
  closing.push(() => system.close());
  return system;
}

async function startPostgres(): Promise<PrivateServer> {
  const postgres = await startPostgresForTest();
  closing.push(() => postgres.close());
  await migrate({ databaseUrl: postgres.url });
  return postgres;
}

async function createEmptyDatabase(): Promise<TestDatabase> {
  const empty = await createTestDatabase();
  closing.push(() => empty.drop());
  return empty;
}

function linesWith(lines: readonly string[], text: string): string[] {
  return lines.filter((line) => line.includes(`"msg":"${text}`));
}

test('a Postgres that goes away under load and comes back costs nothing but time', async () => {
  const postgres = await startPostgres();
  const system = await openSystem(postgres.url);
  const { log, watch, beats, counted } = await system.start({ batchCalls: 20 });
  const calls = Array.from({ length: 300 }, (_, n) => callOf(`CA-away-${n}`));
  const place = (from: number, to: number) =>
    Promise.all(calls.slice(from, to).map((call) => append(system, call, wholeCall('Hello'))));

  await place(0, 100);
  await waitUntil(async () => (await counted('written')) > 0, {
    what: 'the first calls are persisted',
    timeoutMs: 20_000,
  });
  const outage = postgres.crash();
  await Promise.all([outage, place(100, 200)]);
  await log.waitFor('Postgres is unavailable', 20_000);
  await place(200, 300);
  const beatsThen = beats();
  await waitUntil(() => beats() > beatsThen + 2, { what: 'the loop turns on', timeoutMs: 20_000 });
  expect(watch.state).toBe('unavailable');

  await postgres.start();
  await system.settled();

  expect(await system.store.countCalls()).toBe(300);
  for (const call of calls) expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await system.letters.list()).toEqual([]);
  expect(linesWith(log.lines, 'Postgres is unavailable')).toHaveLength(1);
  expect(linesWith(log.lines, 'Postgres accepts writes again')).toHaveLength(1);
});

test('the pause before another attempt grows to five seconds and no further, however long Postgres is away', async () => {
  const system = await openSystem('postgres://127.0.0.1:1/no-server-there');
  const pausesMs: number[] = [];
  await append(system, callOf('CA-away'), wholeCall('Hello'));
  await system.start({
    pause: (ms) => {
      pausesMs.push(ms);
      return Promise.resolve();
    },
  });

  await waitUntil(() => pausesMs.length > 30, { what: 'it has tried for long' });

  expect(pausesMs[0]).toBeLessThanOrEqual(100);
  expect(Math.max(...pausesMs)).toBeLessThanOrEqual(5_000);
  // Half of each pause is left to chance.
  expect(Math.min(...pausesMs.slice(10))).toBeGreaterThanOrEqual(2_500);
});

test('while the schema is missing, calls wait and a person is called; after the migration they are persisted', async () => {
  const empty = await createEmptyDatabase();
  const system = await openSystem(empty.url);
  const { log, watch } = await system.start();
  const call = callOf('CA-unmigrated');
  await append(system, call, wholeCall('Hello'));

  expect(await log.waitFor('Postgres is misconfigured', 20_000)).toContain('"page":true');
  expect(watch.state).toBe('misconfigured');
  expect(await system.letters.list()).toEqual([]);

  await migrate({ databaseUrl: empty.url });
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.letters.list()).toEqual([]);
});

test('an idle persister notices that Postgres stops, and that it is back', async () => {
  const postgres = await startPostgres();
  const output = new PassThrough();
  const log = captureLines(output);
  const logger = createLogger({ service: 'persister', destination: output });
  const lifecycle = new Lifecycle({ logger });
  const store = createCallStore({ databaseUrl: postgres.url });
  const watch = new DatabaseWatch(logger);
  lifecycle.onStop('database', () => store.close());
  closing.push(() => lifecycle.stop('test'));
  probeDatabase(store, watch, lifecycle);

  await postgres.stop();
  await log.waitFor('Postgres is unavailable', 20_000);
  expect(watch.state).toBe('unavailable');
  await postgres.start();
  await log.waitFor('Postgres accepts writes again', 20_000);
  expect(watch.state).toBe('up');
});
