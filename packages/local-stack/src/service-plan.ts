import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Environment } from '@turnlog/service-kit';

/** A kind of service. */
export type ServiceKind = 'gateway' | 'session' | 'persister' | 'reconciler';

/** The ports of one service. Only a gateway has two. */
export interface ServicePorts {
  /** Where a gateway serves calls and agents. */
  readonly port: number;
  /** Where a service answers `/healthz`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
}

/** One service to run: its name, its ports, and its whole environment. */
export interface ServicePlan extends ServicePorts {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly env: Environment;
  readonly mainFile: string;
}

/** The settings that all services of a stack share, and those of one kind. */
export interface StackSettings {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Of this process, and the requested settings on top of it. */
  readonly env: Environment;
  readonly serviceEnv: Readonly<Partial<Record<ServiceKind, Environment>>>;
  readonly serviceUrls?: Readonly<Partial<Record<ServiceKind, ServiceUrls>>> | undefined;
}

/** The URLs of the servers for one kind of service, with credentials of its own. */
export interface ServiceUrls {
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
}

const OWN_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const FOLDERS: Readonly<Record<ServiceKind, string>> = {
  gateway: 'stream-gateway',
  session: 'session',
  persister: 'persister',
  reconciler: 'reconciler',
};

/**
 * Ctrl-C must not wait for the end of a call: a gateway that stops gives live calls a moment, then cuts them.
 */
const QUICK_STOP: Environment = { DRAIN_DEADLINE_MS: '1000', FLUSH_DEADLINE_MS: '5000' };

/** On top of the time that a service needs by its settings. */
const STOP_SLACK_MS = 90_000;

/** How long a service may take to stop: only a service that hangs takes longer. */
export function stopTimeoutMsOf(kind: ServiceKind, env: Environment): number {
  if (kind !== 'gateway') return STOP_SLACK_MS;
  const waits = [env['DRAIN_DEADLINE_MS'], env['AGENT_LINGER_MS'], env['FLUSH_DEADLINE_MS']];
  return waits.reduce((sum, ms) => sum + (Number(ms) || 0), STOP_SLACK_MS);
}

/** Plans the services of one kind, one for each element of `ports`. */
export function planServices(
  kind: ServiceKind,
  ports: readonly ServicePorts[],
  settings: StackSettings,
): ServicePlan[] {
  return ports.map((own, index) => {
    const name = `${kind}-${index + 1}`;
    return { name, kind, ...own, env: environmentOf(kind, name, own, settings), mainFile: mainFileOf(kind) };
  });
}

/** Plans a gateway with a name and settings of its own, which is only reachable from this machine. */
export function planSideGateway(
  name: string,
  ports: ServicePorts,
  own: Environment,
  settings: StackSettings,
): ServicePlan {
  const gateway = { HOST: '127.0.0.1', ...own };
  const env = environmentOf('gateway', name, ports, {
    ...settings,
    serviceEnv: { gateway: { ...settings.serviceEnv.gateway, ...gateway } },
  });
  return { name, kind: 'gateway', ...ports, env, mainFile: mainFileOf('gateway') };
}

function environmentOf(
  kind: ServiceKind,
  name: string,
  { port, healthPort }: ServicePorts,
  { redisUrl, databaseUrl, env, serviceEnv, serviceUrls }: StackSettings,
): Environment {
  const own = serviceUrls?.[kind];
  return {
    ...(kind === 'gateway' && QUICK_STOP),
    // Health and metrics are of use to this machine only.
    HEALTH_HOST: '127.0.0.1',
    ...env,
    ...serviceEnv[kind],
    REDIS_URL: own?.redisUrl ?? redisUrl,
    DATABASE_URL: own?.databaseUrl ?? databaseUrl,
    INSTANCE: name,
    PORT: String(port),
    HEALTH_PORT: String(healthPort),
  };
}

/** The program of a service of this kind: of this tree, or of another built one. */
export function mainFileOf(kind: ServiceKind, root = OWN_ROOT): string {
  return path.join(root, 'services', FOLDERS[kind], 'dist', 'main.js');
}
