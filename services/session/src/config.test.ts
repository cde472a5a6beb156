import os from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { readSessionConfig } from './config.ts';

const REDIS_URL = 'redis://localhost:6379';

describe('the settings of the session service', () => {
  it('need no more than the address of Redis', () => {
    expect(readSessionConfig({ REDIS_URL })).toEqual({
      ok: true,
      config: {
        redisUrl: REDIS_URL,
        space: { prefix: 'tl:', partitions: 16 },
        instance: os.hostname(),
        logLevel: 'info',
        healthPort: 8081,
        sweepEveryMs: 5_000,
        lostAfterMs: 45_000,
        quietAfterMs: 45_000,
        checkpointEveryMs: 30_000,
        claimIdleMs: 10_000,
        readCount: 64,
        blockMs: 2_000,
        cacheMaxCalls: 10_000,
        cacheMaxMegabytes: 192,
      },
    });
  });

  it('let quiet calls go when calls count as lost, unless told otherwise', () => {
    expect(readSessionConfig({ REDIS_URL, LOST_AFTER_MS: '20000' })).toMatchObject({
      config: { lostAfterMs: 20_000, quietAfterMs: 20_000 },
    });
    expect(readSessionConfig({ REDIS_URL, QUIET_AFTER_MS: '600000' })).toMatchObject({
      config: { lostAfterMs: 45_000, quietAfterMs: 600_000 },
    });
  });

  it('are refused with every problem at once', () => {
    const env = { KEY_PREFIX: '{x}:', SWEEP_EVERY_MS: '5s', PARTITIONS: '0', CACHE_MAX_CALLS: '-1' };
    const result = readSessionConfig(env);
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
