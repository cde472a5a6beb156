import { afterEach, expect, test } from '@jest/globals';
import { migrate } from '@turnlog/call-store';
import { startPostgresForTest, startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { heldCall, openTestSystem } from './reconciler.test-support.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test('an answer that Redis does not take is asked for again, and recorded when it is back', async () => {
  const redis = await startRedisForTest();
  closing.push(() => redis.close());
  const system = await openTestSystem({ redisUrl: redis.url });
  closing.push(() => system.close());
  const call = await system.tellOf('CA1', { status: 'completed' });
  heldCall(system.carrier, 'CA1');
  await redis.crash();
  const { logLines } = await system.start();
  await waitUntil(() => logLines.some((line) => line.includes('reconciling failed')), { what: 'it failed' });
  expect(await system.stateOf(call)).toMatchObject({ state: 'due', checks: 0 });
  await redis.start();
  await waitUntil(async () => (await system.redis.ping()).length > 0, { what: 'Redis is back' });
  await waitUntil(
    async () => {
      await system.query('update call_reconciliations set due_at = now() where checks = 0');
      return Number((await system.stateOf(call))?.['checks']) >= 1;
    },
    { what: 'the answer is recorded', timeoutMs: 20_000 },
  );
  const sources = (await system.events(call)).map(({ source }) => source);
  expect(sources.filter((source) => source === 'reconciler').length).toBeGreaterThan(0);
});

test('while Postgres is away nothing is asked, and when it is back it goes on', async () => {
  const postgres = await startPostgresForTest();
  closing.push(() => postgres.close());
  await migrate({ databaseUrl: postgres.url });
  const system = await openTestSystem({ databaseUrl: postgres.url });
  closing.push(() => system.close());
  const call = await system.tellOf('CA1', { status: 'completed' });
  heldCall(system.carrier, 'CA1');
  await postgres.crash();
  const { logLines, healthUrl } = await system.start();
  await waitUntil(() => logLines.some((line) => line.includes('reconciling failed')), { what: 'it failed' });
  expect([(await fetch(`${healthUrl}/healthz`)).status, system.carrier.requests.length]).toEqual([200, 0]);
  await postgres.start();
  await system.answersUntil(call, 1);
});
