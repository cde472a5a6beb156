import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A log file of bounded size: when it is full, it becomes `<file>.1`, in place of the previous one. */
export class LogFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #descriptor: number | undefined;
  #bytes = 0;

  /** Starts the file; the log of an earlier run is kept as `<file>.1`. */
  constructor(file: string, maxBytes = 10 * 1024 * 1024) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#descriptor = begin(file);
  }

  write(line: string): void {
    if (this.#descriptor === undefined) return;
    if (this.#bytes >= this.#maxBytes) {
      closeSync(this.#descriptor);
      this.#descriptor = begin(this.#file);
      this.#bytes = 0;
    }
    this.#bytes += writeSync(this.#descriptor, `${line}\n`);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function begin(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  // Only for its owner: a log has the ids of calls.
  return openSync(file, 'w', 0o600);
}
