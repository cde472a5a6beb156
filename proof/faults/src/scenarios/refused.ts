import { readMetrics } from './metrics.ts';
import { type Context } from './scenario.ts';

/** How many saves of a session service were late: a newer state was saved, or it changed in the meantime. */
export async function refusedSaves(context: Context, service: string): Promise<number> {
  const read = await readMetrics(context, service);
  const count = (outcome: string): number => read('session_saves_total', `outcome="${outcome}"`);
  return count('stale') + count('conflict');
}

/** How many writes of a persister were late. */
export async function refusedWrites(context: Context, service: string): Promise<number> {
  return (await readMetrics(context, service))('persist_total', 'result="stale"');
}
