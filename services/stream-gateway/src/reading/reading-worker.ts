import { parentPort } from 'node:worker_threads';
import { readReports, type ReadingJob, type ReadReport } from './read-reports.ts';

/** A job for the thread. */
export interface ReadingRequest {
  readonly number: number;
  readonly job: ReadingJob;
}

export type ReadingAnswer =
  | { readonly number: number; readonly reports: readonly ReadReport[] }
  | { readonly number: number; readonly error: string };

const port = parentPort;
port?.on('message', ({ number, job }: ReadingRequest) => port.postMessage(answerTo(number, job)));

function answerTo(number: number, job: ReadingJob): ReadingAnswer {
  try {
    return { number, reports: readReports(job) };
  } catch (error) {
    return { number, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}
