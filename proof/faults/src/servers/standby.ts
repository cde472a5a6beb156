import path from 'node:path';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { bothWays } from '../proxy/lane-faults.ts';
import { startProxyThread, type ThreadedProxy } from '../proxy/proxy-thread.ts';
import { type Rng } from '@turnlog/test-kit';
import { type Closers } from './closers.ts';
import { startBreakableRedis, type BreakableRedisOptions, type BreakableServer } from './breakable-server.ts';

/** Our clients use the third version of the protocol, which they negotiate when they connect. */
const GREETING = { say: 'HELLO 3\r\nPING\r\n', untilHeard: '+PONG\r\n' };
const BLACK_HOLE = bothWays({ isBlackHole: true });

/**
 * A replica of Redis that takes over behind the proxy: clients do not notice, and keep their connections.
 */
export interface Standby {
  readonly server: BreakableServer;
  /** Stops replication to it. */
  starve(): void;
  /** Promotes it and switches the proxy to it. Resolves to the number of kept connections. */
  takeOver(): Promise<number>;
}

/** Starts the replica of a primary that services reach through a proxy. */
export async function startStandby(
  folder: string,
  options: BreakableRedisOptions,
  { primary, proxy, rng }: { primary: BreakableServer; proxy: ThreadedProxy; rng: Rng },
  { keep }: Closers,
): Promise<Standby> {
  const link = await keep(startProxyThread({ port: primary.port, rng }), (each) => each.close());
  const replicaOf = ['--replicaof', `127.0.0.1 ${link.port}`, '--repl-diskless-sync-delay', '0'];
  const extraArgs = [...(options.extraArgs ?? []), ...replicaOf];
  const server = await keep(
    startBreakableRedis(path.join(folder, 'standby'), { ...options, extraArgs }),
    (each) => each.stop(),
  );
  return {
    server,
    starve: () => link.setFaults(BLACK_HOLE),
    takeOver: async () => {
      const redis = createCommandClient({ url: server.url, name: 'operator', onError: () => undefined });
      await untilReady(redis);
      await redis.replicaof('NO', 'ONE');
      redis.disconnect();
      return proxy.switchTo(server.port, GREETING);
    },
  };
}
