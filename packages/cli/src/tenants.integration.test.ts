import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { migrate } from '@turnlog/call-store';
import { createTenantCopy, TenantDirectory } from '@turnlog/tenants';
import {
  createTestDatabase,
  freePort,
  testKeyPrefix,
  testRedisUrl,
  type TestDatabase,
} from '@turnlog/test-kit';
import type { Redis } from 'ioredis';
import { terminalWith } from './cli.test-support.ts';

const prefix = testKeyPrefix();
let database: TestDatabase;
let redis: Redis;
let directory: TenantDirectory;
let turnlog: ReturnType<typeof terminalWith>;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
  directory = new TenantDirectory(createTenantCopy(redis, { prefix }));
  turnlog = terminalWith({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), KEY_PREFIX: prefix });
});

afterAll(async () => {
  redis.disconnect();
  await database.drop();
});

const SECRET = /tl_(?:stream|api|webhook)_[0-9a-f]{12}_[\w-]{43}/g;

/** The secrets that a gateway accepts after its next read. */
async function taken(kind: 'stream' | 'api' | 'webhook', ...texts: readonly string[]) {
  await directory.reload();
  return texts.map((text) => directory.authenticate(kind, text)?.name);
}

test('without tenants, list explains the consequence', async () => {
  expect((await turnlog('tenants', 'list')).out).toMatch(/^There are no tenants: gateways serve loopback/);
});

test('a tenant is added, rotated and revoked, and gateways apply each step', async () => {
  const added = await turnlog('tenants', 'add', 'acme');
  expect(added.code).toBe(0);
  const [stream = '', api = '', webhook = ''] = added.out.match(SECRET) ?? [];
  expect(added.out).toContain("Exotel's stream URL: wss://acme:<this secret>@<your host>/exotel/stream");
  expect(await taken('stream', stream)).toEqual(['acme']);
  expect(await taken('api', api)).toEqual(['acme']);
  expect(await taken('webhook', webhook)).toEqual(['acme']);

  const rotated = await turnlog('tenants', 'rotate', 'acme', '--kind', 'api', '--json');
  const { secrets } = JSON.parse(rotated.out) as { secrets: { kind: string; secret: string }[] };
  const newer = secrets[0]?.secret ?? '';
  expect(secrets).toHaveLength(1);
  expect(await taken('api', api, newer)).toEqual(['acme', 'acme']);
  expect((await turnlog('tenants', 'rotate', 'acme', '--kind', 'api', '--finish')).code).toBe(0);
  expect(await taken('api', api, newer)).toEqual([undefined, 'acme']);

  const wishes = ['--redaction', 'mask', '--max-calls', '20', '--addresses', '203.0.113.0/24, 2001:db8::/32'];
  expect((await turnlog('tenants', 'set', 'acme', ...wishes)).out).toMatch(
    /redaction mask {2}max-calls 20 {2}addresses 203\.0\.113\.0\/24,2001:db8::\/32\n$/,
  );
  await directory.reload();
  expect(directory.find('acme')?.policy).toMatchObject({ redaction: 'mask', maxCalls: 20 });
  await turnlog('tenants', 'set', 'acme', '--max-calls', 'none', '--addresses', 'none');
  await directory.reload();
  expect(directory.find('acme')?.policy).toMatchObject({ redaction: 'mask', maxCalls: null, addresses: [] });

  await turnlog('tenants', 'revoke', 'acme');
  expect(await taken('stream', stream)).toEqual([undefined]);
  expect((await turnlog('tenants', 'list')).out).toMatch(/^acme {2}revoked 2026-01-25T/);
});

test('a secret is never shown again, and its hash never at all', async () => {
  const { out } = await turnlog('tenants', 'add', 'quiet', '--json');
  const [stream = ''] = out.match(SECRET) ?? [];
  const later = [
    await turnlog('tenants', 'list', '--json'),
    await turnlog('tenants', 'list'),
    await turnlog('tenants', 'set', 'quiet', '--redaction', 'drop'),
  ];
  for (const { out: shown } of later) expect(shown).not.toMatch(SECRET);
  for (const { out: shown } of [{ out }, ...later]) expect(shown).not.toMatch(/[0-9a-f]{64}/);
  const stored = JSON.stringify(await redis.hgetall(`${prefix}tenants`));
  expect(stored).not.toContain(stream.split('_').slice(3).join('_'));
});

test.each([
  [['add', 'quiet'], /^There is a tenant "quiet" already/],
  [['add', 'Big Corp'], /^"Big Corp" is not a valid tenant name: 1 to 63 lower-case/],
  [['add'], /^Name a tenant\. Usage:/],
  [['rotate', 'unknown'], /^There is no tenant "unknown"/],
  [['rotate', 'quiet', '--kind', 'root'], /^--kind: expected one of stream, api, webhook/],
  [['rotate', 'quiet', '--kind', 'webhook', '--finish'], /^Tenant "quiet" has one webhook secret/],
  [['set', 'quiet'], /^Name what to set/],
  [['set', 'quiet', '--addresses', '10.0.0.0/40'], /^--addresses: .*got "10\.0\.0\.0\/40"/],
  [['set', 'quiet', '--max-calls', '0'], /^--max-calls: .* from 1 to 1000000/],
  [['destroy', 'quiet'], /^Unknown action "destroy" for tenants\. Usage:/],
])('tenants %j is refused with a sentence', async (args, sentence) => {
  const { code, err } = await turnlog('tenants', ...args);
  expect(code).toBe(1);
  expect(err).toMatch(sentence);
});

test('without Redis a tenant is added all the same, and its secrets are shown', async () => {
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  const { code, out, err } = await terminalWith({ DATABASE_URL: database.url, REDIS_URL })(
    'tenants',
    'add',
    'later',
  );
  expect(code).toBe(0);
  expect(out.match(SECRET)).toHaveLength(3);
  expect(err).toMatch(
    /^The change is stored, but gateways can't be notified now: Redis at .*within 30 seconds/,
  );
});
