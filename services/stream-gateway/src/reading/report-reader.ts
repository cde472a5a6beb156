import { availableParallelism } from 'node:os';
import { readReports, type ReadingJob, type ReadReport } from './read-reports.ts';
import { bytesOf, ReadingThread } from './reading-thread.ts';

/** Up to here reading takes a few milliseconds, as long as handing it to a thread would. */
export const MAX_BYTES_AT_ONCE = 16 * 1024;

const MAX_THREADS = 4;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Reads the messages of agents: small ones at once, large ones in threads, so that no call's audio has to wait. */
export class ReportReader {
  readonly #threads = Array.from(
    { length: Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1)) },
    () => new ReadingThread(),
  );

  /** Too many bytes wait to be read. */
  get isOverloaded(): boolean {
    return this.#threads.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0) > MAX_PENDING_BYTES;
  }

  /** Rejects if the thread that reads a large job is lost. */
  async read(job: ReadingJob): Promise<readonly ReadReport[]> {
    const bytes = bytesOf(job);
    if (bytes <= MAX_BYTES_AT_ONCE) return readReports(job);
    const idlest = this.#threads.reduce((a, b) => (b.pendingBytes < a.pendingBytes ? b : a));
    return idlest.read(job);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
