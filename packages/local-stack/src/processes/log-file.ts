import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface LogFileOptions {
  /** When it is full, it becomes `<file>.1`, in place of the previous one; 10 MiB by default. */
  readonly maxBytes?: number;
  /** A line could not be written, as on a full disk, and is lost. Called once until a line is written again. */
  readonly onProblem: (error: Error) => void;
}

/** A log file of bounded size. A line that cannot be written is lost, and nothing else is. */
export class LogFile {
  readonly #file: string;
  readonly #options: LogFileOptions;
  #descriptor: number | undefined;
  #bytes = 0;
  #isFailing = false;
  #isClosed = false;

  /** Starts the file; the log of an earlier run is kept as `<file>.1`. */
  constructor(file: string, options: LogFileOptions) {
    this.#file = file;
    this.#options = options;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#descriptor = begin(file);
  }

  write(line: string): void {
    if (this.#isClosed) return;
    try {
      this.#append(`${line}\n`);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.onProblem(error as Error);
      this.#isFailing = true;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #append(text: string): void {
    const { maxBytes = 10 * 1024 * 1024 } = this.#options;
    if (this.#bytes >= maxBytes) this.#release();
    this.#descriptor ??= begin(this.#file);
    this.#bytes += writeSync(this.#descriptor, text);
  }

  #release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#bytes = 0;
  }
}

function begin(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  // Only for its owner: a log has the ids of calls.
  return openSync(file, 'w', 0o600);
}
