import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { type LocalService } from './processes/supervised-service.ts';
import { type ServicePlan } from './service-plan.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';

export interface StackAddressOptions {
  readonly dataDir: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly plans: readonly ServicePlan[];
}

/** How other processes find the stack: `stack.json` in its data folder, from ready to stop. */
export class StackAddress {
  readonly gatewayUrls: readonly string[];
  readonly #options: StackAddressOptions;
  readonly #startedAt = new Date().toISOString();
  // Serialized, so that the newest stays.
  #writing: Promise<void> = Promise.resolve();
  #isRemoved = false;

  constructor(options: StackAddressOptions) {
    this.#options = options;
    const gateways = options.plans.filter(({ kind }) => kind === 'gateway');
    this.gatewayUrls = gateways.map(({ port, env }) => `http://${reachableHost(env['HOST'])}:${port}`);
  }

  /** Writes the file again with the current pids. Does nothing once the file was removed. */
  publish(services: readonly LocalService[]): Promise<void> {
    const write = (): Promise<void> => this.#write(services);
    // After a failure too, which its own caller has received: there may be room on the disk again.
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.#writing.catch(() => undefined);
    await removeStackFile(this.#options.dataDir);
  }

  async #write(services: readonly LocalService[]): Promise<void> {
    if (this.#isRemoved) return;
    const { dataDir, redisUrl, databaseUrl, plans } = this.#options;
    const settings = plans[0]?.env ?? {};
    const audioRedisUrl = plans.find(({ kind }) => kind === 'gateway')?.env['AUDIO_REDIS_URL'];
    await writeStackFile(dataDir, {
      pid: process.pid,
      startedAt: this.#startedAt,
      redisUrl,
      databaseUrl,
      ...(audioRedisUrl !== undefined && { audioRedisUrl }),
      keyPrefix: settings['KEY_PREFIX'] ?? DEFAULT_KEY_SPACE.prefix,
      partitions: Number(settings['PARTITIONS'] ?? DEFAULT_KEY_SPACE.partitions),
      gatewayUrls: [...this.gatewayUrls],
      services: services.map(({ name, pid, port, healthPort }) => ({
        ...{ name, port, healthPort },
        ...(pid !== undefined && { pid }),
      })),
    });
  }
}

/** The host in the URL of a gateway for this machine; one that listens on all addresses has the usual one. */
function reachableHost(host = ''): string {
  if (['', '0.0.0.0', '::', 'localhost'].includes(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
