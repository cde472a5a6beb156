import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { type LocalService } from './processes/supervised-service.ts';
import { type ServicePlan } from './service-plan.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';

/** How other processes find the stack: `stack.json` in its data folder, from ready to stop. */
export interface StackAddress {
  readonly gatewayUrls: readonly string[];
  /** Writes the file again with the current pids. Does nothing once the file was removed. */
  publish(services: readonly LocalService[]): Promise<void>;
  remove(): Promise<void>;
}

export interface StackAddressOptions {
  readonly dataDir: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly plans: readonly ServicePlan[];
}

export function createStackAddress({
  dataDir,
  redisUrl,
  databaseUrl,
  plans,
}: StackAddressOptions): StackAddress {
  const gateways = plans.filter(({ kind }) => kind === 'gateway');
  const gatewayUrls = gateways.map(({ port }) => `http://127.0.0.1:${port}`);
  const startedAt = new Date().toISOString();
  const settings = plans[0]?.env ?? {};
  const audioRedisUrl = gateways[0]?.env['AUDIO_REDIS_URL'];

  // Serialized, so that the newest stays.
  let writing: Promise<void> = Promise.resolve();
  let isRemoved = false;
  const write = async (services: readonly LocalService[]): Promise<void> => {
    if (isRemoved) return;
    await writeStackFile(dataDir, {
      pid: process.pid,
      startedAt,
      redisUrl,
      databaseUrl,
      ...(audioRedisUrl !== undefined && { audioRedisUrl }),
      keyPrefix: settings['KEY_PREFIX'] ?? DEFAULT_KEY_SPACE.prefix,
      partitions: Number(settings['PARTITIONS'] ?? DEFAULT_KEY_SPACE.partitions),
      gatewayUrls: [...gatewayUrls],
      services: services.map(({ name, pid, port, healthPort }) => ({
        ...{ name, port, healthPort },
        ...(pid !== undefined && { pid }),
      })),
    });
  };
  return {
    gatewayUrls,
    publish: (services) => (writing = writing.then(() => write(services))),
    remove: async () => {
      isRemoved = true;
      await writing.catch(() => undefined);
      await removeStackFile(dataDir);
    },
  };
}
