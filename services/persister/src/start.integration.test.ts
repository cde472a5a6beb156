import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { captureLines, startRedisForTest, testKeyPrefix, waitUntil } from '@turnlog/test-kit';
import { createMigratedDatabase } from './service.test-support.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

test('a persister that starts while Redis is away waits for it', async () => {
  const database = await createMigratedDatabase();
  const redis = await startRedisForTest();
  await redis.stop();
  let attempts = 0;
  const refusing = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  }).listen(redis.port, '127.0.0.1');
  const { PATH = '' } = process.env;
  const settings = { REDIS_URL: redis.url, DATABASE_URL: database.url, KEY_PREFIX: testKeyPrefix() };
  const persister = spawn(process.execPath, [MAIN], {
    env: { PATH, HEALTH_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(persister, 'exit');
  try {
    const lines = captureLines(persister.stdout);
    await waitUntil(() => attempts > 2 || persister.exitCode !== null, {
      what: 'it has tried several times',
    });
    await new Promise((resolve) => refusing.close(resolve));
    await redis.start();
    expect(await lines.waitFor('persister ready')).toContain('health_port');
    persister.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  } finally {
    persister.kill('SIGKILL');
    refusing.close();
    await redis.close();
    await database.drop();
  }
});
