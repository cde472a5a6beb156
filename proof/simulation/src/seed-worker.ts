import { parentPort, workerData } from 'node:worker_threads';
import { runSeeds, type SeedRange } from './seeds.ts';

// A run has thousands of errors whose stacks are never read.
Error.stackTraceLimit = 0;
parentPort?.postMessage(await runSeeds(workerData as SeedRange));
