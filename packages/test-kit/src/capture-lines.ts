import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { waitUntil } from './wait-until.ts';

export interface CapturedLines {
  /** All lines so far; grows as more arrive. */
  readonly lines: readonly string[];
  /**
   * The first line that matches, as soon as there is one; throws with all lines if there is none in time, or
   * the stream ends.
   */
  waitFor(pattern: string | RegExp, timeoutMs?: number): Promise<string>;
}

/** Collects the lines of a stream, such as a process's standard output, from now on. */
export function captureLines(stream: Readable): CapturedLines {
  const lines: string[] = [];
  let hasEnded = false;
  createInterface({ input: stream, crlfDelay: Infinity })
    .on('line', (line) => lines.push(line))
    .on('close', () => (hasEnded = true));

  async function waitFor(pattern: string | RegExp, timeoutMs = 10_000): Promise<string> {
    const matches = (line: string): boolean =>
      typeof pattern === 'string' ? line.includes(pattern) : new RegExp(pattern).test(line);
    const isDecided = (): boolean => hasEnded || lines.some(matches);
    const isInTime = await waitUntil(isDecided, { what: 'a line matches', timeoutMs }).catch(() => false);
    const found = lines.find(matches);
    if (found !== undefined) return found;
    const how = isInTime ? 'before the end' : `within ${timeoutMs} ms`;
    const all = lines.length === 0 ? 'there were none' : `there were:\n${lines.join('\n')}`;
    throw new Error(`No line matched ${String(pattern)} ${how}; ${all}`);
  }

  return { lines, waitFor };
}
