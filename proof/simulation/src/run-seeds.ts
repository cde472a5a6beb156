import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { combine, type SeedRange, type Summary } from './seeds.ts';

/** Runs seeds on as many threads as the machine has cores, each with every n-th seed. */
export async function runSeedsOnThreads({ firstSeed, count, sabotage }: SeedRange): Promise<Summary> {
  const threads = Math.min(availableParallelism(), count);
  const shares = Array.from({ length: threads }, (_, index) => ({
    firstSeed: firstSeed + index,
    count: Math.ceil((count - index) / threads),
    step: threads,
    sabotage,
  }));
  return combine(await Promise.all(shares.map(runOnThread)));
}

function runOnThread(share: SeedRange): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./seed-worker.js', import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
