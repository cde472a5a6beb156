import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, describeDatabaseError, migrate } from '@turnlog/call-store';
import { withDatabaseCa, withRedisCa } from '@turnlog/service-kit';
import {
  freePort,
  startPostgresForTest,
  startRedisForTest,
  testDatabaseUrl,
  testKeyPrefix,
  testRedisUrl,
  waitUntil,
  type PrivateServer,
} from '@turnlog/test-kit';
import { ServiceProcess } from '../processes/service-process.ts';
import { mainFileOf, type ServiceKind } from '../service-plan.ts';
import { makeCertificates, type Certificates } from './certificates.test-support.ts';

let ours: Certificates;
let others: Certificates;
beforeAll(async () => {
  [ours, others] = await Promise.all([makeCertificates(), makeCertificates()]);
});
afterAll(() => Promise.all([ours.remove(), others.remove()]));

describe('Redis over TLS', () => {
  let server: PrivateServer;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const files = ['--tls-cert-file', ours.certFile, '--tls-key-file', ours.keyFile];
    const clients = ['--tls-auth-clients', 'no', '--tls-ca-cert-file', ours.caFile];
    server = await startRedisForTest({ extraArgs: ['--tls-port', String(port), ...files, ...clients] });
  });
  afterAll(() => server.close());

  test('is trusted if the named CA has signed its certificate', async () => {
    const url = withRedisCa(`rediss://localhost:${port}`, ours.caFile);
    const redis = createCommandClient({ url, name: 'test', onError: () => undefined });
    const answer = untilReady(redis).then(() => redis.ping());
    expect(await answer.finally(() => redis.disconnect())).toBe('PONG');
  });

  test.each(['gateway', 'session', 'persister', 'reconciler'] as const)(
    'is trusted by a %s with REDIS_CA_FILE',
    async (kind) => {
      const env = { REDIS_URL: `rediss://localhost:${port}`, REDIS_CA_FILE: ours.caFile };
      await whileRunning(kind, env, async (url) => {
        const isReady = async () => (await ask(`${url}/readyz`))?.includes('"redis":{"ok":true') === true;
        await waitUntil(isReady, { what: `the ${kind} has Redis`, timeoutMs: 15_000 });
      });
    },
  );

  test.each([
    ['another CA was named', () => others.caFile],
    ['no CA was named', () => undefined],
  ])('is refused when %s, and the error names the remedy', async (_when, caFile) => {
    const errors: string[] = [];
    const url = withRedisCa(`rediss://localhost:${port}`, caFile());
    const redis = createCommandClient({ url, name: 'test', onError: ({ message }) => errors.push(message) });
    await waitUntil(() => errors.length > 0, { what: 'the connection is refused' }).finally(() =>
      redis.disconnect(),
    );
    expect(errors[0]).toMatch(/^the certificate of Redis is not trusted; REDIS_CA_FILE names the CA/);
    expect(redis.status).not.toBe('ready');
  });
});

describe('Postgres over TLS', () => {
  let server: PrivateServer;
  const urlOf = (host = 'localhost') => server.url.replace('127.0.0.1', host);
  beforeAll(async () => {
    giveTo('nobody', ours.keyFile);
    server = await startPostgresForTest({
      settings: { ssl: 'on', ssl_cert_file: ours.certFile, ssl_key_file: ours.keyFile },
    });
  });
  afterAll(() => server.close());

  test('is trusted if the named CA has signed its certificate', async () => {
    const databaseUrl = withDatabaseCa(urlOf(), ours.caFile);
    await migrate({ databaseUrl });
    const store = createCallStore({ databaseUrl, maxConnections: 1 });
    expect(await store.countCalls()).toBe(0);
    await store.close();
  });

  test('is trusted by a reconciler with DATABASE_CA_FILE', async () => {
    await migrate({ databaseUrl: withDatabaseCa(urlOf(), ours.caFile) });
    const env = { DATABASE_URL: `${urlOf()}?sslmode=verify-full`, DATABASE_CA_FILE: ours.caFile };
    await whileRunning('reconciler', env, async (url) => {
      const hasCounted = async () =>
        /^reconciler_due_calls{.*} 0$/m.test((await ask(`${url}/metrics`)) ?? '');
      await waitUntil(hasCounted, { what: 'the reconciler has counted its calls', timeoutMs: 15_000 });
    });
  });

  test.each([
    ['another CA was named', () => withDatabaseCa(urlOf(), others.caFile)],
    ['TLS is required and no CA was named', () => `${urlOf()}?sslmode=require`],
  ])('is refused when %s, and the error names the remedy', async (_when, databaseUrl) => {
    const store = createCallStore({ databaseUrl: databaseUrl(), maxConnections: 1 });
    const refused = await store.ping().then(
      () => 'it was trusted',
      (error: unknown) => describeDatabaseError(error),
    );
    await store.close();
    expect(refused).toMatch(/the certificate of Postgres is not trusted; DATABASE_CA_FILE names the CA/);
  });

  test('refuses a URL that would trust any certificate', () => {
    expect(() => createCallStore({ databaseUrl: `${urlOf()}?sslmode=no-verify` })).toThrow(/verify-full/);
  });
});

/** Runs a built service on the servers of all tests, unless the settings name others. */
async function whileRunning(
  kind: ServiceKind,
  settings: Readonly<Record<string, string>>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const servers = { REDIS_URL: testRedisUrl(), DATABASE_URL: testDatabaseUrl(), KEY_PREFIX: testKeyPrefix() };
  const account = { EXOTEL_ACCOUNT_SID: 'test', EXOTEL_API_KEY: 'test', EXOTEL_API_TOKEN: 'test' };
  const ports = { PORT: '0', HEALTH_PORT: String(port) };
  const env = { PATH: process.env.PATH, ...servers, ...account, ...ports, ...settings };
  const service = await ServiceProcess.spawn({ mainFile: mainFileOf(kind), env, onLine: () => undefined });
  try {
    await work(`http://127.0.0.1:${port}`);
  } finally {
    await service.stop(10_000);
  }
}

/** `undefined` while it does not answer. */
async function ask(url: string): Promise<string | undefined> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return undefined;
  }
}

/** Postgres takes a key only from its own user or from root, and under root it runs as `nobody`. */
function giveTo(user: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const uid = Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
  chownSync(file, uid, statSync(file).gid);
}
