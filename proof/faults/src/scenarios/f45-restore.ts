import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { decodeEvent } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore } from '@turnlog/call-store';
import { startLocalStack } from '@turnlog/local-stack';
import { sleep } from '@turnlog/service-kit';
import { type Ledger } from '../ledger/ledger.ts';
import { untilQuiet } from '../oracle/quiescence.ts';
import { copyPostgres } from '../servers/postgres-copy.ts';
import {
  startBreakablePostgres,
  startBreakableRedis,
  type BreakableServer,
} from '../servers/breakable-server.ts';
import { BASE_ENV } from '../world/stack-shape.ts';
import { withoutOwnSettings } from '../world/world.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog } from '../world/turnlog-command.ts';

const run = promisify(execFile);

export const restore: Scenario = {
  id: 'F45',
  name: 'restore',
  title: 'Copies of Redis and Postgres, taken under load, are restored on an empty machine',
  pass: 'Everything acknowledged before the backup began is there, and every row agrees with its archive.',
  answer:
    'The files of Redis are copied first, then Postgres: what is in both copies is written again and found to be stale.',
  loss: 'what was acknowledged after the backup began',
  quick: false,
  run: async (context) => {
    const { size, ledger, folder } = context;
    const load = context.load();
    await sleep(size.windowMs * 0.6);
    const backupFolder = path.join(folder, 'backup');
    await mkdir(backupFolder, { mode: 0o711 });
    const safe = acknowledgedIn(ledger);
    const backupSeconds = await timed(async () => {
      await copyRedis(context, backupFolder);
      await copyPostgres(context, backupFolder);
    });
    await load.finished;
    const restoreSeconds = await timed(() => restoreAndCompare(context, backupFolder, safe));
    context.note(
      'events in the backup',
      [...safe.values()].reduce((sum, ids) => sum + ids.length, 0),
    );
    context.note('backup', `${backupSeconds.toFixed(1)} s`);
    context.note('restored, caught up and verified', `${restoreSeconds.toFixed(1)} s`);
  },
};

function acknowledgedIn(ledger: Ledger): ReadonlyMap<string, readonly string[]> {
  return new Map(
    ledger.calls().map(({ callSid, events }) => {
      const acknowledged = [...events.values()].filter(({ state }) => state === 'acknowledged');
      return [callSid, acknowledged.map(({ id }) => id)];
    }),
  );
}

/** The append-only files, while none of them is being rewritten. */
async function copyRedis({ redis, redisEye }: Context, to: string): Promise<void> {
  await redisEye.config('SET', 'auto-aof-rewrite-percentage', '0');
  while ((await redisEye.info('persistence')).includes('aof_rewrite_in_progress:1')) await sleep(50);
  await mkdir(path.join(to, 'redis'), { mode: 0o700 });
  await run('cp', ['-a', path.join(redis.dataDir, 'appendonlydir'), path.join(to, 'redis')]);
  await redisEye.config('SET', 'auto-aof-rewrite-percentage', '100');
}

/** Starts servers on the copies and services on them, waits until these come to rest, and compares. */
async function restoreAndCompare(
  context: Context,
  backupFolder: string,
  safe: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const keep = async (starting: Promise<BreakableServer>): Promise<BreakableServer> => {
    const server = await starting;
    context.onClose(() => server.stop());
    return server;
  };
  const redis = await keep(startBreakableRedis(backupFolder));
  const postgres = await keep(startBreakablePostgres(backupFolder));
  const stack = await startLocalStack({
    dataDir: path.join(backupFolder, 'stack'),
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    gateways: 0,
    env: withoutOwnSettings(),
    serviceEnv: BASE_ENV,
  });
  context.onClose(() => stack.stop());
  const redisEye = createCommandClient({ url: redis.url, name: 'eye', onError: () => undefined });
  context.onClose(() => redisEye.disconnect());
  await untilReady(redisEye);
  for (const { problem } of await untilQuiet({ ...context, redisEye }, 60_000)) {
    context.expect(false, `restored: ${problem}`);
  }
  await compare(context, postgres.url, safe);
  await turnlog('verify', '--all', '--database', postgres.url);
}

async function compare(
  context: Context,
  databaseUrl: string,
  safe: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const store = createCallStore({ databaseUrl, maxConnections: 2, applicationName: 'restored' });
  try {
    for (const [callSid, ids] of safe) {
      const archived = (await store.readArchive({ tenant: 'default', callSid })).map(decodeEvent);
      const there = new Set(archived.flatMap((decoded) => (decoded.ok ? [decoded.event.id] : [])));
      const lost = ids.filter((id) => !there.has(id));
      context.expect(lost.length === 0, `restored: ${callSid} lacks ${lost.join(' ')}`);
    }
  } finally {
    await store.close();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
