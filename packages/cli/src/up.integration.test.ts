import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  captureLines,
  createTestDatabase,
  testKeyPrefix,
  testRedisUrl,
  type CapturedLines,
  type TestDatabase,
} from '@turnlog/test-kit';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('turnlog up', () => {
  let database: TestDatabase;
  let dataDir: string;
  let env: Record<string, string>;
  let up: ChildProcess;
  let lines: CapturedLines;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    env = {
      ...(process.env as Record<string, string>),
      AGENT_URL: '',
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      KEY_PREFIX: testKeyPrefix(),
      PARTITIONS: '2',
      PORT: '0',
      TURNLOG_DATA_DIR: dataDir,
    };
    up = start('up', '--utc');
    if (up.stdout === null) throw new Error('up has no output');
    lines = captureLines(up.stdout);
  });
  afterAll(async () => {
    if (up.exitCode === null && up.kill('SIGKILL')) await once(up, 'exit');
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function start(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function run(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = start(...args);
    const written = { out: '', err: '' };
    child.stdout?.on('data', (data: Buffer) => (written.out += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (written.err += data.toString()));
    await once(child, 'close');
    return { code: child.exitCode, ...written };
  }

  it('runs everything, and shows the record of a sample call', async () => {
    await lines.waitFor('Ready for calls', 30_000);
    const text = lines.lines.join('\n');
    expect(text).toMatch(/Exotel stream {3}ws:\/\/127\.0\.0\.1:\d+\/exotel\/stream\n/);
    expect(text).toMatch(/INFO - Call stopped \| call_sid=sample-/);
    expect(text).toMatch(/INFO - Persisting transcript to database \| call_sid=sample-\w+ \| exchanges=8\n/);
    expect(text).toMatch(/INFO - Session successfully persisted to database \| call_sid=sample-/);
    expect(text).toContain('  Outcome:        qualified\n');
    expect(text).toContain(
      '📊 COLLECTED DATA:\n  budget: 5000000\n  location: Mumbai\n  property_type: apartment\n',
    );
    expect(text).toMatch(/\[\d\d:\d\d:\d\d\] 👤 USER: {7}Around 50 lakhs\n/);
  }, 40_000);

  it('takes calls from then on, which other commands find', async () => {
    const { code, out } = await run(
      'simulate',
      '--calls',
      '3',
      '--turns',
      '4',
      '--pace',
      '20',
      '--verify',
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({ calls: 3, connected: 3, records: { right: 3, wrong: [] } });
    expect(code).toBe(0);
    expect((await run('calls')).out).toContain('📞 Found 4 call(s):');
    expect(await run('verify', '--all')).toMatchObject({ code: 0, err: '' });
  }, 40_000);

  it('is refused a second time', async () => {
    const { code, err } = await run('up');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Turnlog is already running here: process \d+, gateway at http:\/\/127\.0\.0\.1:\d+\./,
    );
  }, 20_000);

  it('stops everything at Ctrl-C, and ends with 0', async () => {
    up.kill('SIGINT');
    const [code] = (await once(up, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(lines.lines.at(-1)).toBe('Stopped.');
    expect(await readdir(dataDir)).not.toContain('stack.json');
  }, 30_000);

  it('says which port is taken, and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, err } = await run('up', '--port', String(port));
    server.close();
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^The gateway cannot listen on port ${port}: another program has it\\. Choose another`),
    );
  }, 20_000);
});
