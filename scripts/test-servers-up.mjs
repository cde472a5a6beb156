// One Redis and one Postgres for a whole run of integration tests, in a fresh temporary folder and on free
// ports. REDIS_URL and DATABASE_URL are ignored: a test run writes only to its own servers.
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PREFIX = 'turnlog-test-';
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

// No wait for the disk: no test cuts the power, and a killed process does not lose its writes to the system.
const POSTGRES_SETTINGS = { fsync: 'off', max_connections: '200' };

export default async function startTestServers() {
  const { startPostgres, startRedis, stopLeftoverServer } = await importEmbedded();
  await clearAwayDeadRuns(stopLeftoverServer);

  const cacheDir = path.join(root, '.data', 'cache');
  const folder = await mkdtemp(path.join(os.tmpdir(), PREFIX));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o711);
  const servers = await startBoth([
    startRedis({ dataDir: path.join(folder, 'redis'), cacheDir, log: console.log }),
    startPostgres({ dataDir: path.join(folder, 'postgres'), cacheDir, settings: POSTGRES_SETTINGS }),
  ]);

  const [redis, postgres] = servers;
  process.env.TURNLOG_TEST_REDIS_URL = redis.url;
  process.env.TURNLOG_TEST_DATABASE_URL = postgres.url;
  process.env.TURNLOG_TEST_CACHE_DIR = cacheDir;
  globalThis.turnlogTestServers = { servers, folder };
}

async function importEmbedded() {
  try {
    return await import('../packages/embedded/dist/index.js');
  } catch (error) {
    throw new Error('Integration tests start their servers with the built packages/embedded: npm run build', {
      cause: error,
    });
  }
}

/** Both or none: if one fails, the other is stopped before the failure is reported. */
async function startBoth(starting) {
  const results = await Promise.allSettled(starting);
  const failure = results.find(({ status }) => status === 'rejected');
  const servers = results.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  if (!failure) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failure.reason;
}

/** A killed run could not stop its servers. Their folders contain its process. */
async function clearAwayDeadRuns(stopLeftoverServer) {
  const names = (await readdir(os.tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const folder of names.map((name) => path.join(os.tmpdir(), name))) {
    const leftovers = ['redis', 'postgres'].map((name) => stopLeftoverServer(path.join(folder, name)));
    // Another user's folder cannot be read, and is not ours to remove.
    const results = await Promise.allSettled(leftovers);
    if (results.some(({ value }) => value === true)) await rm(folder, { recursive: true, force: true });
  }
}
