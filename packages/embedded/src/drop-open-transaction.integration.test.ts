import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { dropOpenTransaction } from './drop-open-transaction.ts';
import { startRedis } from './start-redis.ts';

const cacheDir = process.env['TURNLOG_TEST_CACHE_DIR'] ?? '';
const SCRIPT = fileURLToPath(new URL('../../../infra/redis/drop-open-transaction.sh', import.meta.url));
const run = promisify(execFile);

const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const FIRST = command('SET', 'first', 'EXEC') + command('MULTI') + command('SET', 'a', '1') + command('EXEC');
const OPEN = command('MULTI') + command('SET', 'text', 'MULTI in a text') + command('SET', 'b', '2');

let folder: string;
let logs: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-open-transaction-'));
  logs = path.join(folder, 'appendonlydir');
});

afterEach(() => rm(folder, { recursive: true }));

const ways = {
  'the one of the embedded Redis': () => dropOpenTransaction(folder),
  'the one of compose': () => run('sh', [SCRIPT, logs]),
};

describe.each(Object.entries(ways))('%s', (_, drop) => {
  async function dropped(text: string): Promise<string> {
    await writeLogs({ 'appendonly.aof.1.incr.aof': text });
    await drop();
    return readLog('appendonly.aof.1.incr.aof');
  }

  it('drops a transaction without an end, wherever it is cut', async () => {
    const cuts = [0, 1, 12, OPEN.length - command('MULTI').length].map((cut) =>
      OPEN.slice(0, OPEN.length - cut),
    );
    for (const open of [...cuts, OPEN + command('EXEC').slice(0, -1)]) {
      expect(await dropped(FIRST + open)).toBe(FIRST);
    }
  });

  it('does not take a value for a command', async () => {
    for (const word of ['MULTI', 'EXEC']) {
      const values = command('HSET', 'ids', word, word);
      expect(await dropped(FIRST + values)).toBe(FIRST + values);
      expect(await dropped(FIRST + OPEN + values)).toBe(FIRST);
    }
  });

  it('leaves everything else to Redis', async () => {
    for (const text of [
      FIRST,
      FIRST + OPEN + command('EXEC'),
      FIRST + command('MULTI').slice(0, 9),
      'x',
      '',
    ]) {
      expect(await dropped(text)).toBe(text);
    }
  });

  it('reads the file that is appended to, according to the manifest', async () => {
    const [old, current, unlisted] = [9, 10, 11].map((number) => `appendonly.aof.${number}.incr.aof`) as [
      string,
      string,
      string,
    ];
    await writeLogs({ [old]: FIRST + OPEN, [current]: FIRST + OPEN });
    await writeFile(path.join(logs, unlisted), FIRST + OPEN);
    await drop();
    expect(await Promise.all([old, current, unlisted].map(readLog))).toEqual([
      FIRST + OPEN,
      FIRST,
      FIRST + OPEN,
    ]);
  });

  it('does nothing in a new folder', async () => {
    await expect(drop()).resolves.toBeDefined();
  });
});

it('writes after a loss of power in the middle of a transaction survive the next one', async () => {
  await withRedis(async (redis) => {
    await redis.eval(`redis.call('SET', 'whole', '1') redis.call('SET', 'too', '2')`, 0);
    await redis.eval(`redis.call('SET', 'torn', '1') redis.call('SET', 'off', '2')`, 0);
  });
  await cutLog(20);
  await withRedis(async (redis) => {
    expect(await redis.mget('whole', 'too', 'torn', 'off')).toEqual(['1', '2', null, null]);
    await redis.set('after', '3');
  });
  await withRedis(async (redis) => {
    expect(await redis.mget('whole', 'too', 'torn', 'off', 'after')).toEqual(['1', '2', null, null, '3']);
  });
});

/** With a manifest that lists them, in this order. */
async function writeLogs(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(logs, { recursive: true });
  const lines = Object.keys(files).map((name, index) => `file ${name} seq ${index + 1} type i\n`);
  const base = 'file appendonly.aof.1.base.rdb seq 1 type b\n';
  await writeFile(path.join(logs, 'appendonly.aof.manifest'), base + lines.join(''));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(logs, name), text);
}

function readLog(name: string): Promise<string> {
  return readFile(path.join(logs, name), 'utf8');
}

/** Runs a Redis on the folder and kills it afterwards. */
async function withRedis(use: (redis: Redis) => Promise<void>): Promise<void> {
  const server = await startRedis({ dataDir: folder, cacheDir, appendfsync: 'always' });
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0 });
  try {
    await use(redis);
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
    await server.exited;
    await server.stop();
  }
}

async function cutLog(bytes: number): Promise<void> {
  const [name = ''] = (await readdir(logs)).filter((each) => each.endsWith('.incr.aof'));
  const handle = await open(path.join(logs, name), 'r+');
  await handle.truncate((await handle.stat()).size - bytes);
  await handle.close();
}
