import { sleep } from '@turnlog/service-kit';
import { readMetric } from './metrics.ts';
import { type Context } from './scenario.ts';

const MODULE = new URL('../world/collect-garbage.js', import.meta.url).href;
/** A collection takes a fraction of it. */
const COLLECTED_AFTER_MS = 500;

/** The environment of services whose memory is measured by {@link heldBytes}. */
export const COLLECTABLE = { NODE_OPTIONS: `--import ${MODULE}` } as const;

/** The heap sizes of services after a full garbage collection, in bytes, in the order of their names. */
export async function heldBytes(context: Context, services: readonly string[]): Promise<number[]> {
  for (const name of services) context.stack.service(name).kill('SIGUSR2');
  await sleep(COLLECTED_AFTER_MS);
  return Promise.all(services.map((name) => readMetric(context, name, 'nodejs_heap_size_used_bytes')));
}
