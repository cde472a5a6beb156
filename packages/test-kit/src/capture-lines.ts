import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { waitUntil } from './wait-until.ts';

export interface CapturedLines {
  /** All lines so far; grows as more arrive. */
  readonly lines: readonly string[];
  /** The first line that matches, as soon as there is one; throws with all lines so far when there is none in time. */
  waitFor(pattern: string | RegExp, timeoutMs?: number): Promise<string>;
}

/** Collects the lines of a stream, such as a process's standard output, from now on. */
export function captureLines(stream: Readable): CapturedLines {
  const lines: string[] = [];
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => lines.push(line));

  async function waitFor(pattern: string | RegExp, timeoutMs = 10_000): Promise<string> {
    const matches = (line: string): boolean =>
      typeof pattern === 'string' ? line.includes(pattern) : new RegExp(pattern).test(line);
    try {
      return await waitUntil(() => lines.find(matches), {
        what: `a line matches ${String(pattern)}`,
        timeoutMs,
      });
    } catch (error) {
      const soFar = lines.length === 0 ? 'there were none' : `so far:\n${lines.join('\n')}`;
      throw new Error(`No line matched ${String(pattern)} within ${timeoutMs} ms; ${soFar}`, {
        cause: error,
      });
    }
  }

  return { lines, waitFor };
}
