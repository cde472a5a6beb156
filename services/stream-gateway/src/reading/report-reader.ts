import { availableParallelism } from 'node:os';
import { readReports, type ReadingJob, type ReadReport } from './read-reports.ts';
import { ReadingThread } from './reading-thread.ts';

/** What is not larger is read at once, which takes a few milliseconds at most: handing it over would take as long. */
export const MAX_BYTES_AT_ONCE = 16 * 1024;

const MAX_THREADS = 4;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Reads the messages of agents: small ones at once, large ones in other threads, so that no call's audio stands still. */
export class ReportReader {
  readonly #threads: readonly ReadingThread[];

  constructor(threads = Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1))) {
    this.#threads = Array.from({ length: threads }, () => new ReadingThread());
  }

  /** More waits to be read than may. */
  get isOverloaded(): boolean {
    return this.#threads.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0) > MAX_PENDING_BYTES;
  }

  /** In this thread: for what is small. */
  readNow(job: ReadingJob): readonly ReadReport[] {
    return readReports(job);
  }

  /** In another thread, where it is large. Rejects when that is lost. */
  async read(job: ReadingJob): Promise<readonly ReadReport[]> {
    const bytes = job.reports.reduce((sum, report) => sum + report.bytes.byteLength, 0);
    if (bytes <= MAX_BYTES_AT_ONCE) return readReports(job);
    const [idlest] = [...this.#threads].sort((a, b) => a.pendingBytes - b.pendingBytes);
    return idlest === undefined ? readReports(job) : idlest.read(job);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
