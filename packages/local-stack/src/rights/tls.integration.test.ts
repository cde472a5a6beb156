import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCommandClient, untilReady } from '@turnlog/call-log';
import { createCallStore, describeDatabaseError, migrate } from '@turnlog/call-store';
import { withDatabaseCa, withRedisCa } from '@turnlog/service-kit';
import {
  freePort,
  startPostgresForTest,
  startRedisForTest,
  waitUntil,
  type PrivateServer,
} from '@turnlog/test-kit';
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

  test('is trusted when the CA that was named has signed its certificate', async () => {
    const url = withRedisCa(`rediss://localhost:${port}`, ours.caFile);
    const redis = createCommandClient({ url, name: 'test', onError: () => undefined });
    const answer = untilReady(redis).then(() => redis.ping());
    expect(await answer.finally(() => redis.disconnect())).toBe('PONG');
  });

  test.each([
    ['another CA was named', () => others.caFile],
    ['no CA was named', () => undefined],
  ])('is refused when %s, and the error says what to do', async (_when, caFile) => {
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

  test('is trusted when the CA that was named has signed its certificate', async () => {
    const databaseUrl = withDatabaseCa(urlOf(), ours.caFile);
    await migrate({ databaseUrl });
    const store = createCallStore({ databaseUrl, maxConnections: 1 });
    expect(await store.countCalls()).toBe(0);
    await store.close();
  });

  test.each([
    ['another CA was named', () => withDatabaseCa(urlOf(), others.caFile)],
    ['TLS is asked for and no CA was named', () => `${urlOf()}?sslmode=require`],
  ])('is refused when %s, and the error says what to do', async (_when, databaseUrl) => {
    const store = createCallStore({ databaseUrl: databaseUrl(), maxConnections: 1 });
    const refused = await store.ping().then(
      () => 'it was trusted',
      (error: unknown) => describeDatabaseError(error),
    );
    await store.close();
    expect(refused).toMatch(/the certificate of Postgres is not trusted; DATABASE_CA_FILE names the CA/);
  });

  test('is not asked to be trusted blindly', () => {
    expect(() => createCallStore({ databaseUrl: `${urlOf()}?sslmode=no-verify` })).toThrow(/verify-full/);
  });
});

/** Postgres takes a key only from its own user or from root, and under root it runs as `nobody`. */
function giveTo(user: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const uid = Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
  chownSync(file, uid, statSync(file).gid);
}
