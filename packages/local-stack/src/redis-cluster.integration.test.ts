import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest, type PrivateServer } from '@turnlog/test-kit';

let redis: PrivateServer;
beforeAll(async () => {
  redis = await startRedisForTest({ extraArgs: ['--cluster-enabled', 'yes'] });
});
afterAll(() => redis.close());

const ACCOUNT = { EXOTEL_ACCOUNT_SID: 'a', EXOTEL_API_KEY: 'k', EXOTEL_API_TOKEN: 't' };

test.each(['services/stream-gateway', 'services/session', 'services/persister', 'services/reconciler'])(
  '%s does not start on a server of a Redis Cluster, and logs the remedy',
  async (service) => {
    const main = fileURLToPath(new URL(`../../../${service}/dist/main.js`, import.meta.url));
    const { exitCode, output } = await run(main, [], {
      REDIS_URL: redis.url,
      DATABASE_URL: 'postgres://none@127.0.0.1:1/none',
      PORT: '0',
      HEALTH_PORT: '0',
      ...ACCOUNT,
    });
    expect(output).toContain('Turnlog does not work on Redis Cluster');
    expect(output).toContain('cluster-enabled no');
    expect(exitCode).toBe(1);
  },
);

test('the command does not work there either', async () => {
  const main = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
  const { exitCode, output } = await run(main, ['monitor', '--redis', redis.url], {});
  expect(output).toContain('Turnlog does not work on Redis Cluster');
  expect(exitCode).not.toBe(0);
});

async function run(main: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, ...args], { env: { PATH, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { exitCode, output };
}
