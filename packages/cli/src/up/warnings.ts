import { formatLogLine, readLogLine } from './log-line.ts';

/** How long a warning of one kind from one service is not repeated. */
const QUIET_MS = 30_000;

const LEVELS = new Set(['WARN', 'ERROR', 'FATAL']);

/** The warnings and errors of services, for a terminal: the same one at most twice a minute. */
export class Warnings {
  readonly #shownAtMs = new Map<string, number>();
  #isOn = false;

  /** Until then, what the start prints says enough. */
  begin(): void {
    this.#isOn = true;
  }

  /** The line for people; `undefined` if it is not a warning, or was shown a moment ago. */
  take(service: string, line: string, nowMs: number): string | undefined {
    const read = this.#isOn ? readLogLine(line) : undefined;
    if (read === undefined || !LEVELS.has(read.level)) return undefined;
    const kind = `${service} ${read.message}`;
    if (nowMs - (this.#shownAtMs.get(kind) ?? -Infinity) < QUIET_MS) return undefined;
    this.#shownAtMs.set(kind, nowMs);
    const fields: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(read.fields)) fields[name] = messageOf(value);
    return `[${service}] ${formatLogLine({ ...read, fields })}`;
  }
}

/** Of an error its message alone: the stack is in the log file. */
function messageOf(value: unknown): unknown {
  const isError = typeof value === 'object' && value !== null && 'stack' in value && 'message' in value;
  return isError ? value.message : value;
}
