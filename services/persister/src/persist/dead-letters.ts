import { type DeadLetter, type LogPointer } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { type UndecodableEvent } from '../domain/fold-log.ts';

/** An event of more bytes is not kept in its letter, which points at the log instead. */
const MAX_KEPT_BYTES = 16 * 1024;

/** The letter of an entry that is no event: its bytes where they are few, and what the codec says. */
export function eventLetter(
  { call }: CallTask,
  epoch: string,
  { seq, text, problem }: UndecodableEvent,
  atMs: number,
): DeadLetter {
  const bytes = Buffer.byteLength(text);
  const content =
    bytes <= MAX_KEPT_BYTES
      ? { original: text }
      : { original: '', log: { epoch, fromSeq: seq, toSeq: seq, bytes } };
  return { call, kind: 'event', seq, reason: problem.code, detail: problem.detail, ...content, atMs };
}

/** The letter of a whole call that can't be persisted: where its log is, and why. Never what the call says. */
export function callLetter(
  { call, seq }: CallTask,
  log: LogPointer | undefined,
  error: unknown,
  atMs: number,
): DeadLetter {
  return {
    call,
    kind: 'call',
    seq: log?.toSeq ?? seq,
    reason: codeOf(error) ?? 'unknown',
    detail: describeDatabaseError(error),
    original: '',
    ...(log !== undefined && { log }),
    atMs,
  };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
