import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@turnlog/embedded';
import { type Servers } from '../servers.ts';
import { spawnProbed, type ProbedProcess } from './probed-process.ts';

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

export type ServiceName = 'stream-gateway' | 'session' | 'persister';

/** A process that receives frames on a port. */
export interface FrameServer extends ProbedProcess {
  readonly port: number;
}

/** A real service in a process of its own, with its default settings. */
export interface Service extends FrameServer {
  readonly healthPort: number;
}

/** Starts a service, and waits until it is ready. */
export async function startService(name: ServiceName, servers: Servers): Promise<Service> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const service = spawnProbed(servers, {
    name,
    mainFile: new URL(`../../../services/${name}/dist/main.js`, import.meta.url),
    env: {
      REDIS_URL: servers.redisUrl,
      DATABASE_URL: servers.databaseUrl,
      INSTANCE: 'bench',
      HEALTH_PORT: String(healthPort),
      ...(name === 'stream-gateway' && {
        PORT: String(port),
        DRAIN_DEADLINE_MS: '0',
        AGENT_LINGER_MS: '0',
      }),
    },
  });
  await Promise.race([untilReady(name, healthPort), service.done]);
  return { ...service, port, healthPort };
}

async function untilReady(name: ServiceName, port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await isReady(port))) {
    if (performance.now() > deadline) throw new Error(`${name} was not ready after ${READY_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`);
    return ok;
  } catch (error) {
    // Not listening yet.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
