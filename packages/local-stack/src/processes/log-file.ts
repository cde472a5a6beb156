import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A log file of bounded size: when it is full, it becomes `<file>.1`, in place of the previous one. */
export interface LogFile {
  readonly file: string;
  write(line: string): void;
  close(): void;
}

/** Starts a log file; the log of an earlier run is kept as `<file>.1`. */
export function openLogFile(file: string, maxBytes = 10 * 1024 * 1024): LogFile {
  mkdirSync(path.dirname(file), { recursive: true });
  let descriptor = begin(file);
  let bytes = 0;
  let isOpen = true;
  return {
    file,
    write(line) {
      if (!isOpen) return;
      if (bytes >= maxBytes) {
        closeSync(descriptor);
        descriptor = begin(file);
        bytes = 0;
      }
      bytes += writeSync(descriptor, `${line}\n`);
    },
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function begin(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  // Only for its owner: a log has the ids of calls.
  return openSync(file, 'w', 0o600);
}
