import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type EmbeddedServer, serve, startOnFolder } from './embedded-server.ts';
import { choosePort } from './free-port.ts';
import { redisEnv } from './installed-redis.ts';
import { isRedisAnswering } from './redis-ping.ts';
import { resolveRedisBinary } from './resolve-redis-binary.ts';
import { type Log } from './redis-program.ts';

const READY_TIMEOUT_MS = 10_000;

export interface SentinelOptions {
  /** The folder of the Sentinel's state; created if missing. */
  readonly dataDir: string;
  /** The folder of a fetched Redis. */
  readonly cacheDir: string;
  /** The name of the primary. */
  readonly primaryName: string;
  /** The port of the primary on 127.0.0.1 at the first start of the Sentinel. */
  readonly primaryPort: number;
  /** The silence after which the primary counts as down; 1 s by default. */
  readonly downAfterMs?: number;
  /** A free port by default. */
  readonly port?: number;
  /** More settings, as lines of the configuration file. */
  readonly extraLines?: readonly string[];
  readonly log?: Log;
}

/**
 * Starts a Sentinel on 127.0.0.1 that promotes a replica when the primary is down. Throws if Redis runs only
 * in a container: inside it the other servers would have other addresses.
 */
export async function startSentinel(options: SentinelOptions): Promise<EmbeddedServer> {
  const program = await resolveRedisBinary(options.cacheDir, options.log);
  if (program.kind === 'docker') {
    throw new Error('A Sentinel needs an installed Redis; it cannot run in a container here.');
  }
  const folder = { dataDir: options.dataDir, name: 'Sentinel', stopSignal: 'SIGTERM', mode: 0o700 } as const;
  return startOnFolder(folder, async (dataDir, lock) => {
    const port = await choosePort(options.port, 'Sentinel');
    const file = path.join(dataDir, 'sentinel.conf');
    await writeFile(file, `${configuration(options, dataDir, port).join('\n')}\n`, { mode: 0o600 });
    const command = {
      name: 'Sentinel',
      command: program.path,
      args: [file, '--sentinel'],
      env: redisEnv(program.libraryPath),
      logFile: path.join(dataDir, 'sentinel.log'),
      stopSignal: folder.stopSignal,
    };
    const server = await serve(command, lock, () => isRedisAnswering(port), READY_TIMEOUT_MS);
    return { ...server, url: `redis://127.0.0.1:${port}`, port, how: program.how };
  });
}

function configuration(
  { primaryName, primaryPort, downAfterMs = 1_000, extraLines = [] }: SentinelOptions,
  dataDir: string,
  port: number,
): string[] {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${dataDir}"`,
    // A single Sentinel decides alone.
    `sentinel monitor ${primaryName} 127.0.0.1 ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${primaryName} ${downAfterMs}`,
    `sentinel failover-timeout ${primaryName} ${3 * downAfterMs}`,
    ...extraLines,
  ];
}
