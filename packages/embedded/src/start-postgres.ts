import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DataFolderLock } from './data-folder-lock.ts';
import { type EmbeddedServer, serve, startOnFolder } from './embedded-server.ts';
import { choosePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import {
  clusterFolder,
  DATABASE,
  isClusterReady,
  openCluster,
  postgresEnv,
  removeMisleadingPidFile,
  USER,
} from './postgres-cluster.ts';
import { type Log } from './redis-program.ts';
import { reachableDataFolder, unprivilegedAccount } from './server-account.ts';
import { type ServerCommand } from './server-process.ts';

// After a crash Postgres replays its log before it accepts connections.
const READY_TIMEOUT_MS = 120_000;

const BACKENDS_GONE_TIMEOUT_MS = 30_000;
const BACKENDS_GONE_PAUSE_MS = 100;

export interface PostgresOptions {
  /**
   * The folder of the database; created if missing, kept after the server stops. As root Postgres runs as
   * `nobody`; if that user cannot reach this folder, the database is in a folder under /var/lib/turnlog, and
   * MOVED.txt here has its path.
   */
  readonly dataDir: string;
  /**
   * The folder of the Postgres programs, shared by any number of data folders and processes. Under
   * /var/cache/turnlog in the same case.
   */
  readonly cacheDir: string;
  /** A free port by default. */
  readonly port?: number;
  /** Settings of postgresql.conf, such as `{ max_connections: '200' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

/**
 * Starts a Postgres on 127.0.0.1 that keeps its data in `dataDir`, with an empty database `turnlog` at first.
 * Its one user has a random password, which is in the url. Throws if there is none for this system, if
 * another living process serves the folder, if the port is taken, or if Postgres ends early (with the end of
 * its log).
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedServer> {
  const { settings = {}, log = () => undefined } = options;
  const folder = { dataDir: options.dataDir, name: 'Postgres', stopSignal: 'SIGINT', mode: 0o777 } as const;
  return startOnFolder(folder, async (dataDir, lock) => {
    const account = unprivilegedAccount(clusterFolder(dataDir));
    const binaries = await postgresBinaries(options.cacheDir, account, log);
    const home = await reachableDataFolder(dataDir, '/var/lib/turnlog', account);
    if (home !== dataDir) log(`Postgres keeps its data in ${home}`);
    const sync = settings['fsync'] !== 'off';
    const cluster = await openCluster(home, { binaries, account, sync, log });
    await removeMisleadingPidFile(cluster.folder);
    const port = await choosePort(options.port, 'Postgres');
    const args = ['-D', cluster.folder, '-p', String(port), ...postgresFlags(settings)];
    const command: ServerCommand = {
      name: 'Postgres',
      command: binaries.postgres,
      args,
      env: postgresEnv(),
      account,
      logFile: path.join(dataDir, 'postgres.log'),
      // A fast shutdown closes connections; SIGTERM would wait for the clients.
      stopSignal: folder.stopSignal,
    };
    const server = await serveWhenFree(command, lock, cluster.folder);
    const url = `postgres://${USER}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`;
    return { ...server, url, port, how: `the bundled Postgres ${binaries.version}` };
  });
}

/**
 * The backends of a killed Postgres finish their work, and a new server reports them and ends in the
 * meantime: it is retried.
 */
async function serveWhenFree(
  command: ServerCommand,
  lock: DataFolderLock,
  folder: string,
): Promise<Awaited<ReturnType<typeof serve>>> {
  const deadline = performance.now() + BACKENDS_GONE_TIMEOUT_MS;
  for (;;) {
    try {
      return await serve(command, lock, (pid) => isClusterReady(folder, pid), READY_TIMEOUT_MS);
    } catch (error) {
      const isStillInUse = error instanceof Error && error.message.includes('is still in use');
      if (!isStillInUse || performance.now() > deadline) throw error;
      await delay(BACKENDS_GONE_PAUSE_MS);
    }
  }
}

function postgresFlags(settings: Readonly<Record<string, string>>): string[] {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    // No socket file at all: its path is limited to about a hundred characters.
    unix_socket_directories: '',
    timezone: 'UTC',
    // Otherwise the details of an error are logged, which contain whole rows.
    log_error_verbosity: 'terse',
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
