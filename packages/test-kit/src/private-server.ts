import { type EmbeddedServer, startPostgres, startRedis, startSentinel } from '@turnlog/embedded';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { testCacheDir } from './test-environment.ts';

/** A server of the test's own, to break. Its url, port and data stay the same across starts. */
export interface PrivateServer {
  readonly url: string;
  readonly port: number;
  /** Kills it (SIGKILL) and waits until it is gone. */
  crash(): Promise<void>;
  /** Stops it cleanly. */
  stop(): Promise<void>;
  /** Starts it again after `crash()` or `stop()`. */
  start(): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open and nothing answers. */
  pause(): void;
  /** Resumes it after `pause()`. */
  resume(): void;
  /** Stops it for good and removes its data. Call it in `afterAll` or `finally`. */
  close(): Promise<void>;
}

export interface PrivateRedisOptions {
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** More settings of redis-server, such as `['--maxmemory', '8mb']`. */
  readonly extraArgs?: readonly string[];
}

export interface PrivatePostgresOptions {
  readonly settings?: Readonly<Record<string, string>>;
}

/** A Redis for this test alone. */
export function startRedisForTest(options: PrivateRedisOptions = {}): Promise<PrivateServer> {
  return startPrivately('redis', (place) => startRedis({ ...place, ...options }));
}

/** The primary of a Sentinel. */
export interface WatchedPrimary {
  readonly primaryName: string;
  readonly primaryPort: number;
}

/** A Sentinel for this test alone, which replaces a primary that is silent for a second. */
export function startSentinelForTest(primary: WatchedPrimary): Promise<PrivateServer> {
  return startPrivately('sentinel', (place) => startSentinel({ ...place, ...primary }));
}

/**
 * A Postgres for this test alone, with an empty database. It does not wait for the disk (`fsync=off`): its
 * data survives the end of a process, which is what a test can cause, and not a loss of power.
 */
export function startPostgresForTest({ settings }: PrivatePostgresOptions = {}): Promise<PrivateServer> {
  return startPrivately('postgres', (place) =>
    startPostgres({ ...place, settings: { fsync: 'off', shared_buffers: '16MB', ...settings } }),
  );
}

interface Place {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly port: number;
}

async function startPrivately(
  name: string,
  launch: (place: Place) => Promise<EmbeddedServer>,
): Promise<PrivateServer> {
  const folder = await makeTestFolder();
  const place = { dataDir: path.join(folder, name), cacheDir: testCacheDir(), port: await freePort() };
  let server = await launch(place);
  return {
    url: server.url,
    port: server.port,
    async crash() {
      server.kill('SIGKILL');
      await server.exited;
    },
    stop: () => server.stop(),
    async start() {
      await server.stop();
      server = await launch(place);
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Named like the run's own folder, so that the next run removes the leftovers of a dead one. */
async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o711);
  return folder;
}
