import os from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { readConfig, type Environment } from '@turnlog/service-kit';
import { configSchema, quietAfterMs } from './config.ts';

const REDIS_URL = 'redis://localhost:6379';
const read = (env: Environment) => readConfig(configSchema, env);

describe('the settings of the session service', () => {
  it('need no more than the address of Redis', () => {
    expect(read({ REDIS_URL })).toEqual({
      ok: true,
      config: {
        REDIS_URL,
        KEY_PREFIX: 'tl:',
        PARTITIONS: 16,
        INSTANCE: os.hostname(),
        LOG_LEVEL: 'info',
        HEALTH_PORT: 8081,
        SWEEP_EVERY_MS: 5_000,
        LOST_AFTER_MS: 45_000,
        CHECKPOINT_EVERY_MS: 30_000,
        CLAIM_IDLE_MS: 10_000,
        READ_COUNT: 64,
        BLOCK_MS: 2_000,
        CACHE_MAX_CALLS: 10_000,
        CACHE_MAX_MEGABYTES: 192,
      },
    });
  });

  it.each([
    [{ LOST_AFTER_MS: '20000' }, 20_000],
    [{ QUIET_AFTER_MS: '600000' }, 600_000],
  ])('let quiet calls go when calls count as lost, unless told otherwise: %j', (env, expected) => {
    const result = read({ REDIS_URL, ...env });
    expect(result.ok && quietAfterMs(result.config)).toBe(expected);
  });

  it('are refused with every problem at once', () => {
    const env = { KEY_PREFIX: '{x}:', SWEEP_EVERY_MS: '5s', PARTITIONS: '0', CACHE_MAX_CALLS: '-1' };
    const result = read(env);
    expect(result).toMatchObject({
      ok: false,
      problems: [
        expect.stringContaining('REDIS_URL: '),
        'KEY_PREFIX: expected a key prefix of 1 to 64 letters, digits and . : _ -, got "{x}:"',
        'PARTITIONS: expected a whole number from 1 to 1024, got "0"',
        'SWEEP_EVERY_MS: expected a whole number of milliseconds from 1 to 86400000, got "5s"',
        expect.stringContaining('CACHE_MAX_CALLS: '),
      ],
    });
  });
});
