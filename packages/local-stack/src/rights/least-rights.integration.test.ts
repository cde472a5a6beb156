import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AudioStreams, callKeys, partitionKeys, type AudioBatch } from '@turnlog/call-log';
import { createCallStore, migrate } from '@turnlog/call-store';
import { placeCall } from '@turnlog/exotel-simulator';
import {
  POSTGRES_RIGHTS,
  REDIS_RIGHTS,
  redisRefusal,
  tryPostgresRole,
  tryRedisCommands,
  waitUntil,
} from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import { startLocalStack, type LocalStack } from '../local-stack.ts';
import {
  startGuardedPostgres,
  startGuardedRedis,
  type GuardedServer,
} from './private-servers.test-support.ts';

/*
 * F41: the real services run with the credentials of compose, which proves that these are enough; and each
 * credential is tried on every command of the server, and every verb and table, that it must not have.
 */

const space = { prefix: 'tl:', partitions: 2 };
let redis: GuardedServer;
let postgres: GuardedServer;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startGuardedRedis({ KEY_PREFIX: 'tl:' }), startGuardedPostgres()]);
  await migrate({ databaseUrl: postgres.urlOf('turnlog_owner') });
});
afterAll(async () => {
  await Promise.all([redis.close(), postgres.close()]);
});

describe('the services', () => {
  let stack: LocalStack;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    stack = await startLocalStack({
      dataDir,
      redisUrl: redis.urlOf('operator'),
      databaseUrl: postgres.urlOf('turnlog_owner'),
      serviceUrls: {
        gateway: { redisUrl: redis.urlOf('gateway'), databaseUrl: 'postgres://none@127.0.0.1:1/none' },
        session: { redisUrl: redis.urlOf('session'), databaseUrl: 'postgres://none@127.0.0.1:1/none' },
        persister: { redisUrl: redis.urlOf('persister'), databaseUrl: postgres.urlOf('turnlog_persister') },
      },
      env: { PARTITIONS: '2', AGENT_URL: undefined },
      serviceEnv: {
        gateway: { HEARTBEAT_MS: '200' },
        session: { LOST_AFTER_MS: '1500', SWEEP_EVERY_MS: '100', CHECKPOINT_EVERY_MS: '100' },
        persister: { CLAIM_IDLE_MS: '1000' },
      },
    });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('do all their work with the credentials of their own', async () => {
    const store = createCallStore({ databaseUrl: postgres.urlOf('turnlog_eraser'), maxConnections: 1 });
    const operator = new Redis(redis.urlOf('operator'));
    try {
      await placeCall({ url: stack.streamUrls[0] ?? '', callSid: 'CA-rights', audio: 0.2, pace: 'flat-out' })
        .finished;
      const url = `${stack.gatewayUrls[0] ?? ''}/v1/calls/CA-rights/events`;
      const body = JSON.stringify({ event: 'turn', id: '1', turn: { speaker: 'user', text: 'late' } });
      await fetch(url, { method: 'POST', body, headers: { connection: 'close' } });
      // The poison has its seq set by hand: no other append may happen in the meantime.
      await waitUntil(async () => (await store.readCall('CA-rights'))?.status === 'completed', {
        what: 'the call has ended',
        timeoutMs: 15_000,
      });
      // A poison entry leads to a dead letter, a quiet call to the sweep.
      await reportPoison(operator, 'CA-rights');
      await waitUntil(
        async () => (await store.readCall('CA-rights'))?.full_transcript.some(({ text }) => text === 'late'),
        { what: 'the call is persisted', timeoutMs: 15_000 },
      );
      await waitUntil(async () => (await lettersOf(operator)) > 0, { what: 'the poison is dead-lettered' });
      expect(await store.verifyCall({ tenant: 'default', callSid: 'CA-rights' })).toMatchObject({});
    } finally {
      operator.disconnect();
      await store.close();
    }
  });
});

async function reportPoison(operator: Redis, callSid: string): Promise<void> {
  const call = { tenant: 'default', callSid };
  const { log, head } = callKeys(space, call);
  const { persist } = partitionKeys(space, Number(/p(\d+)/.exec(log)?.[1]));
  const seq = await operator.hincrby(head, 'seq', 1);
  await operator.xadd(log, `${seq}-0`, 'e', 'no event');
  await operator.xadd(persist, '*', 'c', `default/${callSid}`, 's', seq, 'r', 'late');
}

async function lettersOf(operator: Redis): Promise<number> {
  const lengths = [0, 1].map((partition) => operator.xlen(partitionKeys(space, partition).dead));
  return (await Promise.all(lengths)).reduce((sum, length) => sum + length);
}

describe('Redis', () => {
  test.each(Object.keys(REDIS_RIGHTS))('%s may only call its own commands', async (name) => {
    const { tried, problems } = await tryRedisCommands(redis.urlOf, name);
    expect(problems).toEqual([]);
    expect(tried).toBeGreaterThan(150);
  });

  const LOG = 'tl:{p00}:call:default/CA1:log';
  test.each([
    ['gateway', ['HGET', 'other:key', 'f']],
    ['gateway', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['gateway', ['XADD', 'tl:{p00}:dead', '*', 'a', 'b']],
    ['gateway', ['HSET', 'tl:tenants', 'a', 'b']],
    ['gateway', ['PEXPIRE', LOG, '1']],
    ['gateway', ['SET', LOG, 'x']],
    ['gateway', ['EVAL', `return redis.call('DEL', KEYS[1])`, '1', LOG]],
    ['gateway', ['EVAL', `return redis.call('XRANGE', KEYS[1], '-', '+')`, '1', 'tl:{p00}:dead']],
    ['session', ['DEL', LOG]],
    ['session', ['XADD', 'tl:{p00}:dead', '*', 'a', 'b']],
    ['session', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['session', ['HGETALL', 'tl:tenants']],
    ['session', ['PUBLISH', 'other', 'x']],
    ['persister', ['XADD', LOG, '*', 'a', 'b']],
    ['persister', ['EVAL', `return redis.call('XADD', KEYS[1], '*', 'a', 'b')`, '1', LOG]],
    ['persister', ['DEL', LOG]],
    ['persister', ['XDEL', 'tl:{p00}:dead', '1-1']],
    ['persister', ['XREADGROUP', 'GROUP', 'session', 'x', 'STREAMS', 'tl:{p00}:activity', '>']],
    ['reconciler', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['reconciler', ['PEXPIRE', LOG, '1']],
    ['reconciler', ['HGETALL', 'tl:tenants']],
    ['operator', ['FLUSHALL']],
    ['operator', ['CONFIG', 'GET', '*']],
    ['operator', ['ACL', 'LIST']],
    ['operator', ['SHUTDOWN']],
    ['operator', ['HGETALL', 'other:key']],
    ['maintenance', ['GET', 'tl:tenants']],
    ['maintenance', ['CONFIG', 'SET', 'maxmemory', '1']],
    ['health', ['GET', 'tl:tenants']],
  ])('%s may not %j', async (name, command) => {
    const user = new Redis(redis.urlOf(name), { enableReadyCheck: false });
    try {
      expect(await redisRefusal(user, command)).toMatch(/NOPERM|permission|can't (run|access)/i);
    } finally {
      user.disconnect();
    }
  });

  test.each([[['CLIENT', 'LIST']], [['ACL', 'LOG']], [['SLOWLOG', 'GET']], [['CONFIG', 'GET', 'maxmemory']]])(
    'maintenance may %j, as the runbook asks',
    async (command) => {
      const user = new Redis(redis.urlOf('maintenance'), { enableReadyCheck: false });
      try {
        expect(await redisRefusal(user, command)).not.toMatch(/NOPERM|ERR/);
      } finally {
        user.disconnect();
      }
    },
  );

  test('a client without a name is refused, and so is the user without a password', async () => {
    const { port } = new URL(redis.urlOf('gateway'));
    const socket = connect(Number(port), '127.0.0.1');
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.write('PING\r\nAUTH default any\r\nAUTH default ""\r\nMULTI\r\n');
    await waitUntil(() => heard.split('\r\n').length > 4, { what: 'Redis has answered all of it' });
    socket.destroy();
    const answers = heard.split('\r\n').map((line) => line.split(' ')[0]);
    expect(answers).toEqual(['-NOAUTH', '-WRONGPASS', '-WRONGPASS', '-NOAUTH', '']);
  });

  test('has the writes of a transaction after a crash, whichever user made them', async () => {
    const log = 'tl:{p01}:call:default/CA-crash:log';
    const write = `redis.call('XADD', KEYS[1], '1-0', 'e', 'a') return redis.call('XADD', KEYS[1], '2-0', 'e', 'b')`;
    const gateway = new Redis(redis.urlOf('gateway'));
    gateway.on('error', () => undefined);
    await gateway.eval(write, 1, log);
    await redis.restart();
    expect(await gateway.xrange(log, '-', '+')).toHaveLength(2);
    gateway.disconnect();
  });
});

describe('the Redis of the audio', () => {
  const call = { tenant: 'default', callSid: 'CA-audio' };
  const { audio: key, log } = callKeys(space, call);
  let audioRedis: GuardedServer;
  beforeAll(async () => (audioRedis = await startGuardedRedis({ KEY_PREFIX: 'tl:' }, 'audio')));
  afterAll(() => audioRedis.close());

  test('has users who may write and read audio, and read its memory use', async () => {
    const gateway = new Redis(audioRedis.urlOf('gateway'));
    const operator = new Redis(audioRedis.urlOf('operator'));
    try {
      const batch: AudioBatch = {
        ...{ track: 'inbound', sampleRate: 8_000, offsetMs: 0, connectionId: 'c' },
        pcm: Buffer.alloc(8),
      };
      const written = await new AudioStreams(gateway, space).append([{ call, batch }], {
        ...{ maxBatches: 9, keepMs: 60_000, memoryShare: 0.9, maxCallBytes: 100 },
      });
      expect(written).toEqual({ fates: ['written'], isMemoryKnown: true });
      expect(await operator.pttl(key)).toBeGreaterThan(0);
      expect(await new AudioStreams(operator, space).read(call)).toEqual([batch]);
      expect(await operator.del(key)).toBe(1);
    } finally {
      gateway.disconnect();
      operator.disconnect();
    }
  });

  test.each([
    ['gateway', ['XADD', log, '*', 'a', 'b']],
    ['gateway', ['DEL', key]],
    ['gateway', ['XRANGE', key, '-', '+']],
    ['operator', ['DEL', log]],
    ['operator', ['FLUSHALL']],
    ['health', ['XLEN', key]],
  ])('%s may not %j there', async (name, command) => {
    const user = new Redis(audioRedis.urlOf(name), { enableReadyCheck: false });
    try {
      expect(await redisRefusal(user, command)).toMatch(/NOPERM|permission/i);
    } finally {
      user.disconnect();
    }
  });
});

describe('Postgres', () => {
  test.each(Object.keys(POSTGRES_RIGHTS))('%s may only use its own rights', async (role) => {
    const { tried, problems } = await tryPostgresRole(postgres.urlOf, role);
    expect(problems).toEqual([]);
    expect(tried).toBeGreaterThan(50);
  });
});
