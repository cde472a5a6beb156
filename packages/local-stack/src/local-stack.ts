import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { freePort, type EmbeddedServer } from '@turnlog/embedded';
import { type Environment } from '@turnlog/service-kit';
import { claimStart } from './claim-start.ts';
import { LocalStackError } from './errors.ts';
import { type LocalStackOptions } from './local-stack-options.ts';
import { type LocalService } from './processes/supervised-service.ts';
import { explainFolderError, makeSpoolFolder } from './usable-folders.ts';
import { requireFreePort } from './require-free-port.ts';
import {
  planServices,
  planSideGateway,
  type ServiceKind,
  type ServicePlan,
  type ServicePorts,
  type StackSettings,
} from './service-plan.ts';
import { startServers, type Servers } from './servers.ts';
import { Crew, type CrewOptions } from './service-crew.ts';
import { readRunningStack } from './stack-file.ts';
import { StackAddress } from './stack-address.ts';

/** The whole system, running on this machine. */
export interface LocalStack {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** `http://127.0.0.1:8080`, one for each gateway. */
  readonly gatewayUrls: readonly string[];
  /** `ws://127.0.0.1:8080/exotel/stream`: the stream URL for Exotel, one for each gateway. */
  readonly streamUrls: readonly string[];
  readonly services: readonly LocalService[];
  /** The servers that the stack started itself, for tests to break. */
  readonly servers: {
    readonly redis: EmbeddedServer | undefined;
    readonly postgres: EmbeddedServer | undefined;
  };
  readonly logDir: string;
  /** A service by its name, `persister-1`. Throws `no_such_service`. */
  service(name: string): LocalService;
  /** Stops everything, in reverse order of the start. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts Redis and Postgres unless they are given, brings the schema up to date, and runs every service as a
 * process of its own until all are ready. If it throws, nothing is left running. If this process dies without
 * `stop`, the services stop by themselves, and the next start on the same folder stops the servers that were
 * left.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  try {
    return await startAlone(options);
  } catch (error) {
    throw explainFolderError(error, options.dataDir);
  }
}

async function startAlone(options: LocalStackOptions): Promise<LocalStack> {
  await mkdir(options.dataDir, { recursive: true });
  const releaseClaim = await claimStart(options.dataDir);
  try {
    await requireNoOther(options.dataDir);
    return await start(options);
  } finally {
    await releaseClaim();
  }
}

async function start(options: LocalStackOptions): Promise<LocalStack> {
  const { dataDir, autoRestart = true, onNotice = () => undefined, signal } = options;
  const spoolDir = gatewayEnv(options)['SPOOL_DIR'];
  if (spoolDir) makeSpoolFolder(spoolDir);
  const ports = await choosePorts(options);
  const cacheDir = options.cacheDir ?? path.join(dataDir, 'cache');
  const prepared: string[] = [];
  const servers = await startServers({
    ...options,
    cacheDir,
    onNotice: (sentence) => {
      prepared.push(sentence);
      onNotice(sentence);
    },
  });
  // A person has waited for what was prepared, and should see that it is done.
  if (prepared.length > 0) onNotice('Starting the services …');
  const logDir = path.join(dataDir, 'logs');
  const { plans, sidePlans } = planAll(options, ports, servers);
  const address = new StackAddress({ ...servers, dataDir, plans });
  const crewOptions: CrewOptions = {
    logDir,
    autoRestart,
    onNotice,
    onLine: options.onLine ?? (() => undefined),
    onChange: () => {
      address.publish(services).catch((error: unknown) => onNotice(`stack.json: ${String(error)}`));
    },
  };
  const crew = await withLogs([...plans, ...sidePlans], crewOptions, servers);
  const services = crew.services.slice(0, plans.length);
  const stopAll = async (): Promise<void> => {
    await address.remove();
    await crew.stop();
    await servers.stop();
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopAll());
  try {
    await untilAborted(() => Promise.all(crew.services.map((service) => service.start())), signal);
    await address.publish(services);
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    redisUrl: servers.redisUrl,
    databaseUrl: servers.databaseUrl,
    gatewayUrls: address.gatewayUrls,
    streamUrls: address.gatewayUrls.map((url) => `${url.replace(/^http/, 'ws')}/exotel/stream`),
    services,
    servers,
    logDir,
    service: (name) => find(crew.services, name),
    stop,
  };
}

/** The services with their log files. Stops the servers if these cannot be written, as in another user's folder. */
async function withLogs(
  plans: readonly ServicePlan[],
  options: CrewOptions,
  servers: Servers,
): Promise<Crew> {
  try {
    return new Crew(plans, options);
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function requireNoOther(dataDir: string): Promise<void> {
  const other = await readRunningStack(dataDir);
  if (other === undefined) return;
  throw new LocalStackError(
    'already_running',
    `Turnlog is already running here: process ${other.pid}, gateway at ${other.gatewayUrls.join(', ')}. Stop it with Ctrl-C in its terminal first.`,
  );
}

function gatewayEnv({ env, serviceEnv }: LocalStackOptions): Environment {
  return { ...process.env, ...env, ...serviceEnv?.gateway };
}

function hasCredentials({ env, serviceEnv }: LocalStackOptions): boolean {
  const key = { ...process.env, ...env, ...serviceEnv?.reconciler }['EXOTEL_API_KEY'];
  return key !== undefined && key !== '';
}

type Ports = Readonly<Record<ServiceKind | 'side', readonly ServicePorts[]>>;

async function choosePorts(options: LocalStackOptions): Promise<Ports> {
  const { gatewayPort, gateways = 1, sessions = 1, persisters = 1, sideGateways = {} } = options;
  const { reconcilers = hasCredentials(options) ? 1 : 0 } = options;
  if (gateways > 0) await requireFreePort(gatewayPort ?? 0, gatewayEnv(options)['HOST'] || undefined);
  const sides = Object.keys(sideGateways).length;
  const chosen = new Set<number>();
  const count = 2 * (gateways + sides) + sessions + persisters + reconcilers;
  while (chosen.size < count) chosen.add(await freePort());
  const free = [...chosen];
  const ofGateways = (number: number): ServicePorts[] =>
    Array.from({ length: number }, () => ({ port: free.pop() ?? 0, healthPort: free.pop() ?? 0 }));
  const ofOthers = (number: number): ServicePorts[] =>
    free.splice(0, number).map((port) => ({ port, healthPort: port }));
  const [first, ...others] = ofGateways(gateways);
  return {
    gateway: first === undefined ? [] : [{ ...first, port: gatewayPort ?? first.port }, ...others],
    side: ofGateways(sides),
    session: ofOthers(sessions),
    persister: ofOthers(persisters),
    reconciler: ofOthers(reconcilers),
  };
}

function planAll(options: LocalStackOptions, ports: Ports, servers: Servers) {
  const { env, serviceEnv = {}, serviceUrls, sideGateways = {} } = options;
  const settings: StackSettings = { ...servers, env: { ...process.env, ...env }, serviceEnv, serviceUrls };
  return {
    plans: (['gateway', 'session', 'persister', 'reconciler'] as const).flatMap((kind) =>
      planServices(kind, ports[kind], settings),
    ),
    sidePlans: ports.side.flatMap((own, index) => {
      const [name, env] = Object.entries(sideGateways)[index] ?? [];
      return name === undefined || env === undefined ? [] : planSideGateway(name, own, env, settings);
    }),
  };
}

function find(services: readonly LocalService[], name: string): LocalService {
  const service = services.find((each) => each.name === name);
  if (service !== undefined) return service;
  const names = services.map((each) => each.name).join(', ');
  throw new LocalStackError(
    'no_such_service',
    `There is no service "${name}" in this stack; there are ${names}.`,
  );
}

/** Does the work, unless the signal aborts first: then its reason is thrown, and the result is dropped. */
async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = once(signal, 'abort', { signal: over.signal }).then(() =>
    Promise.reject(signal.reason as Error),
  );
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    over.abort();
  }
}
