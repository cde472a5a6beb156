import { type DeadLetter } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { type CallTask } from './domain/call-task.ts';
import { type UndecodableEvent } from './domain/fold-log.ts';
import { type LoggedEvent } from './domain/logged-events.ts';

/** The letter of an entry that is no event: its bytes, and what the codec says. */
export function eventLetter(
  { call }: CallTask,
  { seq, text, problem }: UndecodableEvent,
  atMs: number,
): DeadLetter {
  return { call, kind: 'event', seq, reason: problem.code, detail: problem.detail, original: text, atMs };
}

/** The letter of a whole call that Postgres refuses: its log as lines, and why. */
export function callLetter(
  { call, seq }: CallTask,
  log: readonly LoggedEvent[],
  error: unknown,
  atMs: number,
): DeadLetter {
  return {
    call,
    kind: 'call',
    seq: log.at(-1)?.seq ?? seq,
    reason: sqlStateOf(error) ?? 'unknown',
    detail: describeDatabaseError(error),
    original: log.map(({ text }) => text).join('\n'),
    atMs,
  };
}

function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
