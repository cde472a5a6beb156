import { visibleText } from '../format/visible-text.ts';

/** A line of a service's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

// https://getpino.io/#/docs/api?id=logger-level
const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

const ALREADY_SAID = new Set(['level', 'time', 'msg', 'event', 'service', 'instance', 'pid', 'hostname']);

/** Reads a JSON line of pino; `undefined` for what is none. */
export function readLogLine(line: string): LogLine | undefined {
  const json = parseObject(line);
  if (typeof json?.['msg'] !== 'string') return undefined;
  const fields = Object.entries(json).filter(([name]) => !ALREADY_SAID.has(name));
  return {
    level: LEVELS[Number(json['level'])] ?? 'INFO',
    message: json['msg'],
    fields: Object.fromEntries(fields),
  };
}

/** `INFO - Call stopped | call_sid=CA123`. */
export function formatLogLine({ level, message, fields }: LogLine): string {
  const details = Object.entries(fields).map(
    ([name, value]) => ` | ${name}=${visibleText(formatField(value))}`,
  );
  return `${level} - ${visibleText(message)}${details.join('')}`;
}

function formatField(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => `'${String(item)}'`).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    // What a service prints before it has a logger is plain text.
    return undefined;
  }
}
