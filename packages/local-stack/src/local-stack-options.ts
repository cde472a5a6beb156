import { type Environment } from '@turnlog/service-kit';
import { type ServiceKind, type ServiceUrls } from './service-plan.ts';

/** Where the system runs on this machine, and with what. */
export interface LocalStackOptions {
  /**
   * The folder for the data of the embedded servers, `logs/` and `stack.json`. Created if missing, kept after
   * a stop.
   */
  readonly dataDir: string;
  /**
   * The folder for the programs of the embedded servers, shared by any number of stacks. `<dataDir>/cache` by
   * default.
   */
  readonly cacheDir?: string;
  /** A Redis and a Postgres to use instead of embedded ones. */
  readonly redisUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
  /** The first gateway's; the others get free ports, and so does the first if it is not given. */
  readonly gatewayPort?: number;
  /** How many of each; 1 by default, 0 is fine. */
  readonly gateways?: number;
  readonly sessions?: number;
  readonly persisters?: number;
  /** One by default if EXOTEL_API_KEY is set, else none: without credentials it has no work. */
  readonly reconcilers?: number;
  /** Settings of all services, on top of this process's environment; `undefined` removes one. */
  readonly env?: Environment;
  /** Other URLs of the same servers for one kind of service: with credentials of its own. */
  readonly serviceUrls?: Readonly<Partial<Record<ServiceKind, ServiceUrls>>>;
  /** Settings of one kind of service, on top of those. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceKind, Environment>>>;
  /**
   * Extra gateways by name, each with settings of its own on top of those: on free loopback ports, available
   * only through `service`, and not among `services`.
   */
  readonly sideGateways?: Readonly<Record<string, Environment>>;
  /** Whether a service that ends by itself is restarted; true by default. */
  readonly autoRestart?: boolean;
  /** Settings of the embedded Postgres, such as `{ fsync: 'off' }` for tests. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Aborts a start in progress: running services are stopped, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  /** Each line that a service prints. */
  readonly onLine?: (service: string, line: string) => void;
  /** Progress messages for people, in sentences. */
  readonly onNotice?: (sentence: string) => void;
}
