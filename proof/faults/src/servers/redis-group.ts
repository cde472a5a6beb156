import path from 'node:path';
import { freePort } from '@turnlog/embedded';
import { bothWays } from '../proxy/lane-faults.ts';
import { startProxyThread, type ThreadedProxy } from '../proxy/proxy-thread.ts';
import { type Rng } from '@turnlog/test-kit';
import { type Closers } from './closers.ts';
import {
  startBreakableRedis,
  startBreakableSentinel,
  type BreakableRedisOptions,
  type BreakableServer,
} from './breakable-server.ts';

const PRIMARY_NAME = 'turnlog';
/**
 * The address from which each server connects, by which the proxies identify it. Services come from
 * 127.0.0.1.
 */
const FROM = { primary: '127.0.0.2', replica: '127.0.0.3', sentinel: '127.0.0.4' } as const;
const BLACK_HOLE = bothWays({ isBlackHole: true });

/**
 * A primary, its replica and a Sentinel that promotes the replica; each is reached through a proxy of its
 * own.
 */
export interface RedisGroup {
  readonly primary: BreakableServer;
  readonly replica: BreakableServer;
  readonly primaryProxy: ThreadedProxy;
  /** For services: they ask the Sentinel through its proxy. */
  readonly url: string;
  /** For the observer clients: past that proxy. */
  readonly eyeUrl: string;
  /** Stops replication to the replica. */
  starveReplica(): void;
  /** Cuts the primary and the services off from the replica and the Sentinel, silently. */
  partition(): void;
  /** Ends both. */
  heal(): void;
}

/** Starts the three. */
export async function startRedisGroup(
  folder: string,
  options: BreakableRedisOptions,
  rng: Rng,
  { keep }: Closers,
): Promise<RedisGroup> {
  const ports = { primary: await freePort(), replica: await freePort() };
  const startProxy = (name: string, port: number): Promise<ThreadedProxy> =>
    keep(startProxyThread({ port, rng: rng.fork(`${name} proxy`) }), (proxy) => proxy.close());
  const startRedis = (name: 'primary' | 'replica', announcedPort: number, ...args: string[]) =>
    keep(
      startBreakableRedis(path.join(folder, name), {
        ...options,
        port: ports[name],
        extraArgs: [
          ...(options.extraArgs ?? []),
          ...announce(announcedPort),
          '--bind-source-addr',
          FROM[name],
          ...args,
        ],
      }),
      (server) => server.stop(),
    );

  const primaryProxy = await startProxy('primary', ports.primary);
  const replicaProxy = await startProxy('replica', ports.replica);
  const primary = await startRedis('primary', primaryProxy.port);
  const replica = await startRedis(
    'replica',
    replicaProxy.port,
    '--replicaof',
    `127.0.0.1 ${primaryProxy.port}`,
  );
  const watching = { primaryName: PRIMARY_NAME, primaryPort: primaryProxy.port };
  const sentinel = await keep(
    startBreakableSentinel(folder, { ...watching, extraLines: [`bind-source-addr ${FROM.sentinel}`] }),
    (server) => server.stop(),
  );
  const sentinelProxy = await startProxy('sentinel', sentinel.port);
  return {
    primary,
    replica,
    primaryProxy,
    url: sentinelUrl(sentinelProxy.port),
    eyeUrl: sentinelUrl(sentinel.port),
    starveReplica: () => primaryProxy.setFaults(BLACK_HOLE, [FROM.replica]),
    partition: () => {
      primaryProxy.setFaults(BLACK_HOLE, [FROM.replica, FROM.sentinel]);
      sentinelProxy.setFaults(BLACK_HOLE);
    },
    heal: () => {
      primaryProxy.setFaults({});
      sentinelProxy.setFaults({});
    },
  };
}

function announce(port: number): string[] {
  return [
    '--replica-announce-ip',
    '127.0.0.1',
    '--replica-announce-port',
    String(port),
    '--repl-diskless-sync-delay',
    '0',
  ];
}

function sentinelUrl(port: number): string {
  return `redis+sentinel://127.0.0.1:${port}/${PRIMARY_NAME}`;
}
