import { decodeEvent, type CallEvent, type KnownEvent } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { readCallLogs, type KeySpace } from '@turnlog/call-log';
import { createLogger, Lifecycle } from '@turnlog/service-kit';
import { testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { createTenantCopy, type Tenant } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { readGatewayConfig } from '../config.ts';
import { startGateway } from '../service.ts';

/** A gateway in this process, with a key prefix of its own, and a look into its Redis. */
export interface TestGateway {
  readonly port: number;
  readonly url: string;
  readonly httpUrl: string;
  /** Where it answers for its health and its metrics. */
  readonly opsUrl: string;
  readonly space: KeySpace;
  readonly redis: Redis;
  readonly lifecycle: Lifecycle;
  readonly logLines: readonly Record<string, unknown>[];
  /** The call's events in the order of the log. */
  events(callSid: string, tenant?: string): Promise<KnownEvent[]>;
  /** The same, as soon as one of them has this type. */
  eventsUntil(callSid: string, type: CallEvent['type'], timeoutMs?: number): Promise<KnownEvent[]>;
  post(callSid: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The names of all keys that hold anything of a call or its feeds. */
  streams(): Promise<string[]>;
  metric(line: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const TENANT = 'default';

/** `tenants` are there before it starts. */
export async function startTestGateway(
  settings: Record<string, string> = {},
  tenants: readonly Tenant[] = [],
): Promise<TestGateway> {
  const env = {
    REDIS_URL: testRedisUrl(),
    KEY_PREFIX: testKeyPrefix(),
    PORT: '0',
    HEALTH_PORT: '0',
    DRAIN_DEADLINE_MS: '0',
    ...settings,
  };
  const result = readGatewayConfig({ AGENT_LINGER_MS: '300', INSTANCE: 'test', ...env });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const config = result.config;
  const logLines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void logLines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const logger = createLogger({ service: 'stream-gateway', destination });
  const lifecycle = new Lifecycle({ logger });
  const space = { prefix: config.KEY_PREFIX, partitions: config.PARTITIONS };
  const connect = () =>
    createCommandClient({ url: config.REDIS_URL, name: 'test', onError: () => undefined });
  if (tenants.length > 0) {
    const first = connect();
    await untilReady(first);
    await createTenantCopy(first, space).write(tenants);
    first.disconnect();
  }
  const { port, health_port } = await startGateway(config, { logger, lifecycle }).catch(
    async (error: unknown) => {
      await lifecycle.stop('it did not start');
      throw error;
    },
  );
  const redis = connect();
  await untilReady(redis);
  const httpUrl = `http://127.0.0.1:${port}`;
  const opsUrl = `http://127.0.0.1:${health_port}`;
  await waitUntil(async () => (await fetch(`${opsUrl}/readyz`)).ok, { what: 'the gateway is ready' });

  const events = async (callSid: string, tenant = TENANT): Promise<KnownEvent[]> => {
    const [log] = await readCallLogs(redis, space, [{ call: { tenant, callSid }, fromSeq: 1 }]);
    return (log?.entries ?? []).map(({ text }) => knownEvent(text));
  };
  return {
    port,
    url: `ws://127.0.0.1:${port}/exotel/stream`,
    httpUrl,
    opsUrl,
    space,
    redis,
    lifecycle,
    logLines,
    events,
    eventsUntil: (callSid, type, timeoutMs = 5_000) =>
      waitUntil(
        async () => {
          const soFar = await events(callSid);
          return soFar.some((event) => event.type === type) && soFar;
        },
        { what: `call ${callSid} has ${type}`, timeoutMs },
      ),
    post: (callSid, body, headers = {}) =>
      fetch(`${httpUrl}/v1/calls/${encodeURIComponent(callSid)}/events`, {
        method: 'POST',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    streams: () => redis.keys(`${space.prefix}{*`),
    metric: async (line) => {
      const text = await (await fetch(`${opsUrl}/metrics`)).text();
      const found = text.split('\n').find((candidate) => candidate.startsWith(line));
      return found === undefined ? undefined : Number(found.split(' ').at(-1));
    },
    stop: async () => {
      await lifecycle.stop('test');
      redis.disconnect();
    },
  };
}

function knownEvent(text: string): KnownEvent {
  const decoded = decodeEvent(text);
  if (!decoded.ok) throw new Error(decoded.problem.detail);
  if (decoded.event.type === 'unknown') throw new Error('the gateway wrote an event of an unknown type');
  return decoded.event;
}

/** The event of a type; throws if there is none. */
export function eventOf<T extends KnownEvent['type']>(
  events: readonly KnownEvent[],
  type: T,
): Extract<KnownEvent, { type: T }> {
  const found = events.find((event): event is Extract<KnownEvent, { type: T }> => event.type === type);
  if (found === undefined)
    throw new Error(`no ${type} among ${events.map((event) => event.type).join(', ')}`);
  return found;
}

export function typesOf(events: readonly { readonly type: string }[]): string[] {
  return events.map(({ type }) => type);
}
