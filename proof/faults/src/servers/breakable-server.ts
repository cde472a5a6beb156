import {
  type EmbeddedServer,
  freePort,
  startPostgres,
  startRedis,
  startSentinel,
  type SentinelOptions,
} from '@turnlog/embedded';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE_DIR = fileURLToPath(new URL('../../../../.data/cache', import.meta.url));

/** A server to break. Its url, port and data stay the same across starts. */
export interface BreakableServer {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Kills it with a signal, SIGKILL by default, and waits until it is gone. */
  crash(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  /** Stops it cleanly. */
  stop(): Promise<void>;
}

export interface BreakableRedisOptions {
  /** A free one by default. */
  readonly port?: number;
  readonly appendfsync?: 'always' | 'everysec';
  readonly extraArgs?: readonly string[];
  /** None by default. */
  readonly maxMemoryBytes?: number | undefined;
}

/** A Redis with its append-only file in a folder of its own. */
export function startBreakableRedis(
  folder: string,
  options: BreakableRedisOptions = {},
): Promise<BreakableServer> {
  const { port, maxMemoryBytes, ...settings } = options;
  const memory = maxMemoryBytes === undefined ? [] : ['--maxmemory', String(maxMemoryBytes)];
  const extraArgs = [...memory, ...(settings.extraArgs ?? [])];
  const launch = (place: Place): Promise<EmbeddedServer> => startRedis({ ...place, ...settings, extraArgs });
  return startBreakable(path.join(folder, 'redis'), launch, port);
}

/** A Sentinel in a folder of its own. */
export function startBreakableSentinel(
  folder: string,
  options: Pick<SentinelOptions, 'primaryName' | 'primaryPort' | 'extraLines'>,
): Promise<BreakableServer> {
  return startBreakable(path.join(folder, 'sentinel'), (place) => startSentinel({ ...place, ...options }));
}

/**
 * A Postgres in a folder of its own. It does not wait for the disk: the system still has the writes of a
 * killed process. A loss of power is not among the faults that can be caused here.
 */
export function startBreakablePostgres(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<BreakableServer> {
  const all = { fsync: 'off', shared_buffers: '16MB', max_connections: '60', ...settings };
  return startBreakable(path.join(folder, 'postgres'), (place) => startPostgres({ ...place, settings: all }));
}

interface Place {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly port: number;
}

async function startBreakable(
  dataDir: string,
  launch: (place: Place) => Promise<EmbeddedServer>,
  port?: number,
): Promise<BreakableServer> {
  const place = { dataDir, cacheDir: CACHE_DIR, port: port ?? (await freePort()) };
  let server = await launch(place);
  return {
    url: server.url,
    port: server.port,
    dataDir,
    signal: (signal) => server.kill(signal),
    crash: async (signal = 'SIGKILL') => {
      server.kill(signal);
      await server.exited;
    },
    start: async () => {
      await server.stop();
      server = await launch(place);
    },
    stop: () => server.stop(),
  };
}
