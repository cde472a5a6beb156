import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ReadingJob, type ReadReport } from './read-reports.ts';
import { type ReadingAnswer } from './reading-worker.ts';

/** A thread runs compiled code: in tests, which run this file as TypeScript, that of the last build. */
const WORKER = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/reading/reading-worker.js' : './reading-worker.js',
    import.meta.url,
  ),
);

/** Reading 8 MiB takes a second or two on an idle machine. */
const JOB_TIMEOUT_MS = 60_000;
const MAX_HEAP_MIB = 512;

interface Waiting {
  readonly bytes: number;
  readonly resolve: (reports: readonly ReadReport[]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The size of a job's messages. */
export function bytesOf({ reports }: ReadingJob): number {
  return reports.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/** A thread that reads messages. It starts with the first; if it dies, its jobs fail and the next job starts another. */
export class ReadingThread {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #numbers = 0;
  #bytes = 0;

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Rejects if the thread dies or takes too long. */
  read(job: ReadingJob): Promise<readonly ReadReport[]> {
    const worker = (this.#worker ??= this.#start());
    const number = (this.#numbers += 1);
    const bytes = bytesOf(job);
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#lose(worker, 'reading took too long'), JOB_TIMEOUT_MS);
      this.#waiting.set(number, { bytes, resolve, reject, timer });
      worker.postMessage({ number, job });
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB } });
    worker.unref();
    worker.on('message', (answer: ReadingAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#lose(worker, error.message));
    worker.on('exit', () => this.#lose(worker, 'it ended'));
    return worker;
  }

  #settle(answer: ReadingAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.number);
    this.#bytes -= waiting.bytes;
    clearTimeout(waiting.timer);
    if ('reports' in answer) waiting.resolve(answer.reports);
    else waiting.reject(new Error(answer.error));
  }

  #lose(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const number of [...this.#waiting.keys()]) {
      this.#settle({ number, error: `the thread that reads messages is lost: ${reason}` });
    }
    worker.terminate().catch(() => undefined);
  }
}
