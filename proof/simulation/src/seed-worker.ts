import { parentPort, workerData } from 'node:worker_threads';
import { runSeeds, type SeedRange } from './seeds.ts';

// Of the thousands of errors in a run, nobody asks where they were made.
Error.stackTraceLimit = 0;
parentPort?.postMessage(await runSeeds(workerData as SeedRange));
