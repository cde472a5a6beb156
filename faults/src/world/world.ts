import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createCommandClient, DEFAULT_KEY_SPACE, untilReady, type KeySpace } from '@turnlog/call-log';
import { createCallStore, type CallStore } from '@turnlog/call-store';
import { startLocalStack, type LocalStack } from '@turnlog/local-stack';
import { type Environment } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import pg from 'pg';
import { Ledger } from '../ledger/ledger.ts';
import { startAgentHub, type AgentHub } from '../load/agent-hub.ts';
import { startFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import { type Rng } from '../random/rng.ts';
import {
  startBreakablePostgres,
  startBreakableRedis,
  type BreakableServer,
} from '../servers/breakable-server.ts';
import { createClosers, type Closers } from './closers.ts';
import { BASE_ENV, type StackShape } from './stack-shape.ts';

/** The servers, and the proxies by which services reach them. */
interface Servers {
  readonly redis: BreakableServer;
  readonly postgres: BreakableServer;
  readonly redisProxy: FaultProxy;
  readonly postgresProxy: FaultProxy;
}

/** The suite's own eyes on the servers: they look past the proxies. */
interface Eyes {
  readonly redisEye: Redis;
  readonly store: CallStore;
  /** As the database's superuser. */
  readonly sql: pg.Pool;
}

/** The real system, and all that can break it. */
export interface World extends Servers, Eyes {
  readonly folder: string;
  readonly rng: Rng;
  readonly stack: LocalStack;
  readonly hub: AgentHub;
  readonly ledger: Ledger;
  readonly space: KeySpace;
  /** What the stack told: ends that nobody asked for, and restarts. */
  readonly notices: readonly string[];
  /** Registers what must be closed before the world is. */
  onClose(close: () => unknown): void;
  close(): Promise<void>;
}

/** Starts everything in a folder; when this throws, nothing is left running. */
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

/** The same URL by way of a proxy. */
export function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function startServers(
  folder: string,
  shape: StackShape,
  rng: Rng,
  { keep }: Closers,
): Promise<Servers> {
  const [redis, postgres] = await Promise.all([
    keep(startBreakableRedis(folder, shape.redis), (server) => server.stop()),
    keep(startBreakablePostgres(folder, shape.postgresSettings), (server) => server.stop()),
  ]);
  const proxyTo = ({ port }: BreakableServer, name: string): Promise<FaultProxy> =>
    keep(startFaultProxy({ port, rng: rng.fork(name) }), (proxy) => proxy.close());
  const redisProxy = await proxyTo(redis, 'redis proxy');
  const postgresProxy = await proxyTo(postgres, 'postgres proxy');
  return { redis, postgres, redisProxy, postgresProxy };
}

interface StackPlan {
  readonly folder: string;
  readonly shape: StackShape;
  readonly servers: Servers;
  readonly agentUrl: string;
  readonly notices: string[];
}

function startStack({ folder, shape, servers, agentUrl, notices }: StackPlan): Promise<LocalStack> {
  const { redis, redisProxy, postgres, postgresProxy } = servers;
  const { serviceEnv = {} } = shape;
  return startLocalStack({
    ...shape,
    dataDir: path.join(folder, 'stack'),
    redisUrl: withPort(redis.url, redisProxy.port),
    databaseUrl: withPort(postgres.url, postgresProxy.port),
    env: { ...withoutOwnSettings(), AGENT_URL: agentUrl },
    serviceEnv: {
      gateway: { ...BASE_ENV.gateway, ...serviceEnv.gateway },
      session: { ...BASE_ENV.session, ...serviceEnv.session },
      persister: { ...BASE_ENV.persister, ...serviceEnv.persister },
    },
    onNotice: (sentence) => notices.push(sentence),
  });
}

async function openEyes({ redis, postgres }: Servers, { add, keep }: Closers): Promise<Eyes> {
  const redisEye = createCommandClient({ url: redis.url, name: 'eye', onError: () => undefined });
  add(() => {
    redisEye.disconnect();
  });
  await untilReady(redisEye);
  const options = { databaseUrl: postgres.url, maxConnections: 2, applicationName: 'eye' };
  const store = await keep(Promise.resolve(createCallStore(options)), (each) => each.close());
  const sql = new pg.Pool({ connectionString: postgres.url, max: 6, application_name: 'eye' });
  // Servers are killed here: a connection that breaks while it is idle is no news.
  sql.on('error', () => undefined);
  add(() => sql.end());
  return { redisEye, store, sql };
}

/** Whatever is set where the suite is started must not change what is tested. */
function withoutOwnSettings(): Environment {
  const kept = new Set(['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'LANG', 'TZ']);
  const others = Object.keys(process.env).filter((name) => !kept.has(name));
  return Object.fromEntries(others.map((name) => [name, undefined]));
}
