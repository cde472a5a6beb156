import { readConfig } from '@turnlog/service-kit';
import { expect, test } from '@jest/globals';
import { configSchema } from './config.ts';

const required = { REDIS_URL: 'redis://redis:6379', DATABASE_URL: 'postgres://u:p@db:5432/turnlog' };

test('Redis and Postgres are all that must be given', () => {
  const result = readConfig(configSchema, required);

  expect(result).toMatchObject({
    ok: true,
    config: {
      KEY_PREFIX: 'tl:',
      PARTITIONS: 16,
      HEALTH_PORT: 8082,
      BATCH_CALLS: 100,
      KEEP_KEYS_MS: 3_600_000,
      CLAIM_IDLE_MS: 15_000,
    },
  });
});

test('every problem is told at once, and none of them is turned into a default', () => {
  const result = readConfig(configSchema, { BATCH_CALLS: 'many', KEY_PREFIX: '{x}', INSTANCE: 'a b' });

  expect(result).toMatchObject({ ok: false });
  const problems = result.ok ? [] : result.problems.map((problem) => problem.split(':')[0]);
  expect(problems.sort()).toEqual(['BATCH_CALLS', 'DATABASE_URL', 'INSTANCE', 'KEY_PREFIX', 'REDIS_URL']);
});
