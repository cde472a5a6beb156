import { expect, test } from '@jest/globals';
import { readConfig } from '@turnlog/service-kit';
import { configSchema } from './config.ts';

const env = { REDIS_URL: 'redis://localhost:6379', DATABASE_URL: 'postgres://u:p@localhost:5432/turnlog' };

test('credentials may be missing: all of them', () => {
  expect(readConfig(configSchema, env)).toMatchObject({
    ok: true,
    config: { CHECK_AFTER_MS: 180_000, RECHECK_AFTER_MS: 900_000, CARRIER_UTC_OFFSET: 330 },
  });
});

test('some of the credentials are a mistake, and no problem tells one', () => {
  const result = readConfig(configSchema, { ...env, EXOTEL_API_KEY: 'key', EXOTEL_API_TOKEN: 'hunter2 !' });
  const problems = result.ok ? [] : result.problems;
  expect(problems.join()).toContain('EXOTEL_API_TOKEN');
  expect(problems.join()).not.toContain('hunter2');
  const without = readConfig(configSchema, { ...env, EXOTEL_API_KEY: 'key' });
  expect(without.ok ? [] : without.problems.map((problem) => problem.split(':')[0])).toEqual([
    'EXOTEL_ACCOUNT_SID',
    'EXOTEL_API_TOKEN',
  ]);
});
