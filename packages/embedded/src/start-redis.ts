import path from 'node:path';
import { containerArgs, removeContainer, signalContainer } from './docker-redis.ts';
import { dropOpenTransaction } from './drop-open-transaction.ts';
import { choosePort } from './free-port.ts';
import { redisEnv } from './installed-redis.ts';
import { isRedisAnswering } from './redis-ping.ts';
import { type RedisProgram, type Log } from './redis-program.ts';
import { resolveRedisBinary } from './resolve-redis-binary.ts';
import { type EmbeddedServer, serve, startOnFolder } from './embedded-server.ts';
import { type ServerCommand } from './server-process.ts';

// A Redis answers only when it has loaded its append-only file.
const READY_TIMEOUT_MS = 120_000;

export interface RedisOptions {
  /** The folder of the append-only file; created if missing, kept after the server stops. */
  readonly dataDir: string;
  /** The folder of a fetched Redis, shared by any number of data folders and processes. */
  readonly cacheDir: string;
  /** A free port by default. */
  readonly port?: number;
  /** When writes reach the disk. `everysec`, the default, may lose the last second if the machine loses power. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** More settings of redis-server, such as `['--maxmemory', '64mb']`. */
  readonly extraArgs?: readonly string[];
  readonly log?: Log;
}

/**
 * Starts a Redis on 127.0.0.1 that keeps its data in `dataDir`. Throws if there is no Redis, if another
 * living process serves the folder, if the port is taken, or if Redis ends early (with the end of its log).
 */
export async function startRedis(options: RedisOptions): Promise<EmbeddedServer> {
  const program = await resolveRedisBinary(options.cacheDir, options.log);
  const folder = { dataDir: options.dataDir, name: 'Redis', stopSignal: 'SIGTERM', mode: 0o700 } as const;
  return startOnFolder(folder, async (dataDir, lock) => {
    const port = await choosePort(options.port, 'Redis');
    if (program.kind === 'docker') await removeContainer(program.path, dataDir);
    const droppedBytes = await dropOpenTransaction(dataDir);
    if (droppedBytes > 0)
      options.log?.(`Redis had not finished a transaction: ${droppedBytes} bytes are dropped.`);
    const command = redisCommand(program, dataDir, port, options);
    const server = await serve(command, lock, () => isRedisAnswering(port), READY_TIMEOUT_MS);
    return { ...server, url: `redis://127.0.0.1:${port}`, port, how: program.how };
  });
}

function redisCommand(
  program: RedisProgram,
  dataDir: string,
  port: number,
  options: RedisOptions,
): ServerCommand {
  const base = { name: 'Redis', logFile: path.join(dataDir, 'redis.log'), stopSignal: 'SIGTERM' } as const;
  const settings = redisSettings(options);
  if (program.kind === 'docker') {
    const deliver = (signal: NodeJS.Signals): void => signalContainer(program.path, dataDir, signal);
    const args = [...containerArgs(program.image, dataDir, port), '--dir', '/data', ...settings];
    return { ...base, command: program.path, args, env: process.env, deliver };
  }
  const listen = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDir];
  const env = redisEnv(program.libraryPath);
  return { ...base, command: program.path, args: [...listen, ...settings], env };
}

function redisSettings({ appendfsync = 'everysec', extraArgs = [] }: RedisOptions): string[] {
  const durability = ['--appendonly', 'yes', '--appendfsync', appendfsync, '--save', ''];
  // An evicted key would be a lost call: a full Redis must refuse instead.
  const memory = ['--maxmemory-policy', 'noeviction'];
  return [...durability, ...memory, '--daemonize', 'no', '--set-proc-title', 'no', ...extraArgs];
}
