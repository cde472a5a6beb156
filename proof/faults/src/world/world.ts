import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { DEFAULT_KEY_SPACE, type KeySpace } from '@turnlog/call-log';
import { createCallStore, type CallStore } from '@turnlog/call-store';
import { startLocalStack, type LocalStack } from '@turnlog/local-stack';
import { withDeadline, type Environment } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import pg from 'pg';
import { Ledger } from '../ledger/ledger.ts';
import { startAgentHub, type AgentHub } from './agent-hub.ts';
import { startProxyThread, type ThreadedProxy } from '../proxy/proxy-thread.ts';
import { type Rng } from '@turnlog/test-kit';
import {
  startBreakablePostgres,
  startBreakableRedis,
  type BreakableServer,
  type BreakableRedisOptions,
} from '../servers/breakable-server.ts';
import { mountSmallDisk, type SmallDisk } from '../servers/small-disk.ts';
import { startRedisGroup, type RedisGroup } from '../servers/redis-group.ts';
import { startStandby, type Standby } from '../servers/standby.ts';
import { createClosers, type Closers } from '../servers/closers.ts';
import { asSuite, giveOwnUsers, writeRedisUsers } from './own-users.ts';
import { BASE_ENV, type StackShape } from './stack-shape.ts';

const CLOSE_TIMEOUT_MS = 5_000;

/** The servers, and the proxies by which services reach them. */
interface Servers {
  readonly redis: BreakableServer;
  readonly postgres: BreakableServer;
  readonly redisProxy: ThreadedProxy;
  readonly postgresProxy: ThreadedProxy;
  /** If Redis has a replica, `redis` is its first primary. */
  readonly redisGroup: RedisGroup | undefined;
  /** If the shape asks for one. */
  readonly standby: Standby | undefined;
  /** If the shape asks for one, and it can be mounted. */
  readonly smallDisk: SmallDisk | undefined;
}

/** The suite's observer clients of the servers, which bypass the proxies. */
interface Eyes {
  readonly redisEye: Redis;
  readonly store: CallStore;
  /** As the database's superuser. */
  readonly sql: pg.Pool;
}

/** The real system, and everything that can break it. */
export interface World extends Servers, Eyes {
  readonly folder: string;
  readonly rng: Rng;
  readonly stack: LocalStack;
  readonly hub: AgentHub;
  readonly ledger: Ledger;
  readonly space: KeySpace;
  /** The messages of the stack: unexpected ends, and restarts. */
  readonly notices: readonly string[];
  /** Registers what must be closed before the world is. */
  onClose(close: () => unknown): void;
  close(): Promise<void>;
}

/** Starts everything in a folder; if this throws, nothing is left running. */
export async function createWorld(folder: string, shape: StackShape, rng: Rng): Promise<World> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const closers = createClosers();
  const { add: onClose, keep, closeAll: close } = closers;
  try {
    const servers = await startServers(folder, shape, rng, closers);
    const hub = await keep(startAgentHub(), (each) => each.close());
    const notices: string[] = [];
    const starting = startStack({ folder, shape, servers, agentUrl: hub.url, notices });
    const stack = await keep(starting, (each) => each.stop());
    const ledger = new Ledger(path.join(folder, 'ledger.jsonl'));
    onClose(() => ledger.close());
    const eyes = await openEyes(servers, closers);
    return {
      ...servers,
      ...eyes,
      folder,
      rng,
      stack,
      hub,
      ledger,
      space: DEFAULT_KEY_SPACE,
      notices,
      onClose,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same URL through a proxy. */
export function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function startServers(folder: string, shape: StackShape, rng: Rng, closers: Closers): Promise<Servers> {
  const { keep } = closers;
  // Before Postgres: it is removed when it is not used any more.
  const smallDisk = await mountDisk(folder, shape, closers);
  const [redisSide, postgres] = await Promise.all([
    startRedisSide(folder, shape, rng, closers),
    keep(startBreakablePostgres(folder, shape.postgresSettings), (server) => server.stop()),
  ]);
  const postgresProxy = await startProxyTo(postgres, rng.fork('postgres proxy'), closers);
  return { ...redisSide, postgres, postgresProxy, smallDisk };
}

async function mountDisk(
  folder: string,
  { smallDiskBytes }: StackShape,
  { keep }: Closers,
): Promise<SmallDisk | undefined> {
  if (smallDiskBytes === undefined) return undefined;
  return keep(mountSmallDisk(path.join(folder, 'small-disk'), smallDiskBytes), (disk) => disk?.unmount());
}

async function startRedisSide(
  folder: string,
  { redis: options = {}, hasReplica = false, hasStandby = false, hasOwnUsers = false }: StackShape,
  rng: Rng,
  closers: Closers,
): Promise<Pick<Servers, 'redis' | 'redisProxy' | 'redisGroup' | 'standby'>> {
  if (hasReplica) {
    const redisGroup = await startRedisGroup(folder, options, rng, closers);
    return { redis: redisGroup.primary, redisProxy: redisGroup.primaryProxy, redisGroup, standby: undefined };
  }
  const starting = hasOwnUsers ? startRedisWithUsers(folder, options) : startBreakableRedis(folder, options);
  const redis = await closers.keep(starting, (server) => server.stop());
  const redisProxy = await startProxyTo(redis, rng.fork('redis proxy'), closers);
  const behind = { primary: redis, proxy: redisProxy, rng: rng.fork('standby') };
  const standby = hasStandby ? await startStandby(folder, options, behind, closers) : undefined;
  return { redis, redisProxy, redisGroup: undefined, standby };
}

async function startRedisWithUsers(folder: string, options: BreakableRedisOptions): Promise<BreakableServer> {
  const extraArgs = [...(options.extraArgs ?? []), '--aclfile', await writeRedisUsers(folder)];
  const server = await startBreakableRedis(folder, { ...options, extraArgs });
  return { ...server, url: asSuite(server.url) };
}

function startProxyTo({ port }: BreakableServer, rng: Rng, { keep }: Closers): Promise<ThreadedProxy> {
  return keep(startProxyThread({ port, rng }), (proxy) => proxy.close());
}

interface StackPlan {
  readonly folder: string;
  readonly shape: StackShape;
  readonly servers: Servers;
  readonly agentUrl: string;
  readonly notices: string[];
}

async function startStack({ folder, shape, servers, agentUrl, notices }: StackPlan): Promise<LocalStack> {
  const { redis, redisProxy, redisGroup, postgres, postgresProxy } = servers;
  const { serviceEnv = {}, hasSpool = false, hasOwnUsers = false } = shape;
  const spool = hasSpool ? { SPOOL_DIR: path.join(folder, 'spool') } : {};
  const urls = {
    redisUrl: redisGroup?.url ?? withPort(redis.url, redisProxy.port),
    databaseUrl: withPort(postgres.url, postgresProxy.port),
  };
  return startLocalStack({
    ...shape,
    dataDir: path.join(folder, 'stack'),
    ...(hasOwnUsers ? await giveOwnUsers(postgres, urls) : urls),
    env: { ...withoutOwnSettings(), AGENT_URL: agentUrl },
    serviceEnv: {
      gateway: { ...BASE_ENV.gateway, ...spool, ...serviceEnv.gateway },
      session: { ...BASE_ENV.session, ...serviceEnv.session },
      persister: { ...BASE_ENV.persister, ...serviceEnv.persister },
    },
    onNotice: (sentence) => notices.push(sentence),
  });
}

async function openEyes(servers: Servers, { add, keep }: Closers): Promise<Eyes> {
  const { redis, redisProxy, redisGroup, standby, postgres } = servers;
  const redisEye = createCommandClient({
    // If another server takes over behind the proxy, it is reachable there alone.
    url: redisGroup?.eyeUrl ?? (standby === undefined ? redis.url : withPort(redis.url, redisProxy.port)),
    name: 'eye',
    onError: () => undefined,
  });
  add(() => {
    redisEye.disconnect();
  });
  await untilReady(redisEye);
  const options = { databaseUrl: postgres.url, maxConnections: 2, applicationName: 'eye' };
  const store = await keep(Promise.resolve(createCallStore(options)), (each) => each.close());
  const sql = new pg.Pool({ connectionString: postgres.url, max: 6, application_name: 'eye' });
  // Servers are killed here: an idle connection that breaks needs no report.
  sql.on('error', () => undefined);
  // A failed scenario may not have released a connection: closing would wait for it.
  add(() => withDeadline(sql.end(), CLOSE_TIMEOUT_MS));
  return { redisEye, store, sql };
}

/** Settings of the suite's own environment must not change what is tested. */
export function withoutOwnSettings(): Environment {
  const kept = new Set(['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'LANG', 'TZ']);
  const others = Object.keys(process.env).filter((name) => !kept.has(name));
  return Object.fromEntries(others.map((name) => [name, undefined]));
}
