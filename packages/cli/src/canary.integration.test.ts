import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callKeys, partitionKeys, partitionOf } from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { startLocalStack, type LocalStack } from '@turnlog/local-stack';
import {
  CANARY_PHONE,
  canariesIn,
  canary,
  createTestDatabase,
  playCarrier,
  readLogs,
  readOps,
  testKeyPrefix,
  testRedisUrl,
  waitUntil,
  type TestDatabase,
} from '@turnlog/test-kit';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { startRudeAgent } from './canary.test-support.ts';
import { terminalWith } from './cli.test-support.ts';

/*
 * F39: marked phones, names, words, collected values, custom parameters and secrets take every path of the
 * real processes, including the failing ones, and appear in no log and no metric.
 */

const SECRET = `qzxcanary${randomBytes(6).toString('hex')}`;
const STARTED = {
  event: 'start',
  stream_sid: 'stream-1',
  start: {
    stream_sid: 'stream-1',
    call_sid: 'CA-canary',
    account_sid: 'account-1',
    from: CANARY_PHONE,
    to: CANARY_PHONE,
    custom_parameters: { name: canary('custom parameter'), [canary('key')]: '1' },
    media_format: { encoding: 'base64', sample_rate: '8000' },
  },
};
const BAD_FRAMES = [
  `{"event":"media","media":{"payload":"${canary('torn frame')}`,
  canary('no frame at all'),
  { event: canary('unknown event'), text: canary('unknown event') },
  { event: 'qzxcanary' },
  { event: 'media', stream_sid: 'stream-1', media: { payload: canary('payload') } },
  { event: 'dtmf', dtmf: { digit: { of: canary('digit') } } },
  { event: 'mark', stream_sid: 'stream-1', mark: { name: canary('mark') } },
];
const STOPPED = {
  event: 'stop',
  stream_sid: 'stream-1',
  stop: { call_sid: 'CA-canary', reason: canary('stop reason') },
};
const REPORTS = [
  { event: 'turn', id: '1', turn: { speaker: 'user', text: canary('turn'), heardText: canary('heard') } },
  { event: 'turn', id: '2', turn: { speaker: 'user', text: `${canary('lone surrogate')}\ud83d` } },
  { event: 'collect', id: '3', data: { name: canary('value'), [canary('field')]: 919_811_122_233 } },
  { event: 'objection', id: '4', text: canary('objection') },
  { event: 'tool', id: '5', name: 'lookup', arguments: { phone: CANARY_PHONE }, error: canary('tool') },
  { event: 'stage', id: '6', stage: canary('stage') },
];
const REFUSED_REPORTS = [
  { event: 'turn', id: canary('id'), turn: { speaker: canary('speaker'), text: canary('refused') } },
  { event: 'collect', id: '8', data: canary('not an object') },
];

let stack: LocalStack;
let database: TestDatabase;
let store: CallStore;
let redis: Redis;
let agent: Awaited<ReturnType<typeof startRudeAgent>>;
let dataDir: string;
const space = { prefix: testKeyPrefix(), partitions: 2 };
const printed: string[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 1 });
  redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
  agent = await startRudeAgent([...REPORTS, ...REFUSED_REPORTS]);
  stack = await startLocalStack({
    dataDir,
    redisUrl: testRedisUrl(),
    databaseUrl: database.url,
    env: {
      KEY_PREFIX: space.prefix,
      PARTITIONS: '2',
      LOG_LEVEL: 'trace',
      LOG_PHONE_KEY: SECRET,
      AGENT_URL: `ws://agent:${SECRET}@127.0.0.1:${agent.port}/calls/{from}?name={params.name}`,
      AGENT_RECONNECTS: '1',
    },
    serviceEnv: {
      gateway: { AUDIO: 'false' },
      session: { LOST_AFTER_MS: '1500', SWEEP_EVERY_MS: '200', BLOCK_MS: '100' },
    },
    onLine: (_service, line) => printed.push(line),
    onNotice: (sentence) => printed.push(sentence),
  });
});
afterAll(async () => {
  await stack.stop();
  await agent.close();
  redis.disconnect();
  await store.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

test('logs and metrics about calls never contain what was said in them', async () => {
  await refuseRowsThatSay('poison row');
  await aCallWithBadFrames();
  await aCallThatStopsForOneWord();
  await reportsOverHttp();
  await anEntryThatIsNoEvent();
  await aRowThatPostgresRefuses();
  await aLogThatCannotBeAppendedTo();

  const turnlog = terminalWith({
    REDIS_URL: testRedisUrl(),
    DATABASE_URL: database.url,
    KEY_PREFIX: space.prefix,
    PARTITIONS: '2',
  });
  const logs = await readLogs(stack);
  const commands = await Promise.all([
    turnlog('dead-letters', 'list'),
    turnlog('dead-letters', 'list', '--json'),
    turnlog('verify', '--all', '--json'),
    turnlog('calls', '--database', `postgres://someone:${SECRET}@127.0.0.1:1/none`),
    turnlog('dead-letters', 'list', '--redis', `redis://someone:${SECRET}@127.0.0.1:1`),
  ]);
  const written = [logs, await readOps(stack), ...printed, ...commands.flatMap(({ out, err }) => [out, err])];

  // The services did process them, and logged each kind.
  expect(agent.urls.join()).toContain('9811122233');
  for (const status of ['"ack"', '"error"']) expect(agent.answers.join()).toContain(status);
  for (const told of [
    'unknown event from the carrier',
    'invalid frame from the carrier',
    'agent is not reachable',
    'Call stopped',
    'a log entry is not an event',
    'set aside as a dead letter',
    'Failed to persist session to database',
    'events are not acknowledged; sending them again',
  ]) {
    expect(logs).toContain(told);
  }
  expect(commands[0].out).toMatch(/2 dead letter/);
  expect(canariesIn(written.join('\n'))).toEqual([]);
  expect(written.join('\n')).not.toContain(SECRET);
});

async function aCallWithBadFrames(): Promise<void> {
  const url = `${stack.streamUrls[0] ?? ''}?name=${encodeURIComponent(canary('query'))}`;
  const frames = [...BAD_FRAMES, { event: 'connected' }, STARTED, ...BAD_FRAMES];
  await playCarrier(url, frames, { wait: () => untilTold('agent is not reachable'), last: STOPPED });
  const call = await waitForRow('CA-canary', ({ full_transcript }) => full_transcript.length > 1);
  expect(canariesIn(JSON.stringify(call)).length).toBeGreaterThan(0);
}

async function aCallThatStopsForOneWord(): Promise<void> {
  const start = { ...STARTED.start, call_sid: 'CA-word' };
  const last = { ...STOPPED, stop: { call_sid: 'CA-word', reason: 'Ramesh' } };
  const wait = () => Promise.resolve();
  await playCarrier(stack.streamUrls[0] ?? '', [{ ...STARTED, start }], { wait, last });
  await waitForRow('CA-word', ({ end_reason }) => end_reason === 'Ramesh');
}

async function reportsOverHttp(): Promise<void> {
  const base = stack.gatewayUrls[0] ?? '';
  const post = async (where: string, body: string): Promise<number> => {
    const headers = { connection: 'close', authorization: `Bearer ${SECRET}` };
    return (await fetch(`${base}${where}`, { method: 'POST', body, headers })).status;
  };
  const encoded = encodeURIComponent(canary('path'));
  expect(await post('/v1/calls/CA-http/events', JSON.stringify(REPORTS))).toBe(202);
  expect(await post('/v1/calls/CA-http/events', JSON.stringify(REFUSED_REPORTS))).toBe(422);
  expect(await post('/v1/calls/CA-http/events', `{"event":"turn","text":"${canary('torn body')}`)).toBe(400);
  expect(await post(`/v1/calls/${encoded.repeat(9)}/events`, '{}')).toBe(400);
  expect(await post(`/${encoded}?phone=${encodeURIComponent(CANARY_PHONE)}`, canary('body'))).toBe(404);
  await waitForRow('CA-http');
}

/** Appended directly to the log, as a broken service would. */
async function anEntryThatIsNoEvent(): Promise<void> {
  const call = { tenant: 'default', callSid: 'CA-http' };
  const { activity, persist } = partitionKeys(space, partitionOf(space, call));
  const { log, head } = callKeys(space, call);
  const seq = await redis.hincrby(head, 'seq', 1);
  const event = {
    ...{
      v: 1,
      id: canary('id'),
      type: 'data.collected',
      ...call,
      source: 'x',
      at: '2026-01-25T11:15:25.120Z',
    },
    data: { fields: canary('not an object'), [canary('unknown key')]: CANARY_PHONE },
  };
  await redis.xadd(log, `${seq}-0`, 'e', JSON.stringify(event));
  await redis.xadd(activity, '*', 'c', 'default/CA-http', 's', seq);
  await redis.xadd(persist, '*', 'c', 'default/CA-http', 's', seq, 'r', 'late');
  await untilLetters(1);
}

async function aRowThatPostgresRefuses(): Promise<void> {
  const body = JSON.stringify({ event: 'turn', turn: { speaker: 'user', text: canary('poison row') } });
  const url = `${stack.gatewayUrls[0] ?? ''}/v1/calls/CA-poison/events`;
  expect((await fetch(url, { method: 'POST', body, headers: { connection: 'close' } })).status).toBe(202);
  await untilLetters(2);
}

/** Postgres repeats the whole row in the detail of its error. */
async function refuseRowsThatSay(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `alter table call_sessions add constraint no_poison check (full_transcript::text not like '%${text}%')`,
  );
  await client.end();
}

/**
 * A key of another type in place of the head: the script fails, and Redis repeats its arguments in the error.
 */
async function aLogThatCannotBeAppendedTo(): Promise<void> {
  const { head } = callKeys(space, { tenant: 'default', callSid: 'CA-wrongtype' });
  await redis.set(head, canary('wrong type'));
  const call = { ...STARTED, start: { ...STARTED.start, call_sid: 'CA-wrongtype' } };
  const wait = () => untilTold('sending them again');
  await playCarrier(stack.streamUrls[0] ?? '', [call], { wait, last: STOPPED });
  await redis.del(head);
}

async function untilTold(line: string): Promise<void> {
  await waitUntil(async () => (await readLogs(stack)).includes(line), { what: `"${line}" is logged` });
}

async function waitForRow(
  callSid: string,
  isReady: (call: NonNullable<Awaited<ReturnType<CallStore['readCall']>>>) => boolean = () => true,
) {
  return waitUntil(
    async () => {
      const call = await store.readCall(callSid);
      return call !== undefined && isReady(call) ? call : undefined;
    },
    { what: `${callSid} has its record`, timeoutMs: 15_000 },
  );
}

async function untilLetters(count: number): Promise<void> {
  const lengths = () =>
    Promise.all([0, 1].map((partition) => redis.xlen(partitionKeys(space, partition).dead)));
  await waitUntil(async () => (await lengths()).reduce((sum, length) => sum + length) >= count, {
    what: `${count} dead letters`,
    timeoutMs: 15_000,
  });
}
