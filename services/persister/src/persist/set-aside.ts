import { callId } from '@turnlog/call-events';
import { type DeadLetter, type DeadLetters } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { type UndecodableEvent } from '../domain/fold-log.ts';
import { type Suspects } from '../domain/suspects.ts';
import { type PersistObserver } from '../report/persist-report.ts';
import { type BrokenCall, type CallOutcome } from '../store/call-outcome.ts';

/** A longer event is not kept in its dead letter, which points at the log instead. */
const MAX_KEPT_BYTES = 16 * 1024;

interface SetAsideOptions {
  readonly letters: Pick<DeadLetters, 'add'>;
  readonly suspects: Suspects;
  readonly report: PersistObserver;
  /** Retries a call that failed alone later, by itself. */
  readonly retryLater: (task: CallTask, reason: string) => Promise<void>;
  /** Called with the keys of calls that are persisted or dead-lettered. */
  readonly onDone: (keys: readonly string[]) => void;
  readonly now: () => number;
}

/** Sets aside what can't be persisted: in a dead letter, or for a retry. */
export class SetAside {
  readonly #options: SetAsideOptions;

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /** A call that failed by itself. If the cause is unknown or passes, it is retried later, alone. */
  async broken(call: BrokenCall): Promise<void> {
    const { suspects, report, onDone, retryLater, now } = this.#options;
    const { task, error, cause } = call;
    const key = callId(task.call);
    const isDead = cause === 'row' || (cause === 'unknown' && suspects.fail(key));
    report.failed(task, error, isDead ? 'dead' : 'deferred');
    if (isDead && (await this.#add(callLetter(call, now()), task.entryIds))) onDone([key]);
    else await retryLater(task, describeDatabaseError(error));
  }

  /** Dead-letters the undecodable events of a call. False if one could not be written: the call then stays pending. */
  async undecodable(call: CallOutcome): Promise<boolean> {
    if (call.kind !== 'folded') return true;
    // An event that was left out of what is archived already was dead-lettered then.
    const news = call.undecodable.filter(({ seq }) => seq > call.archivedSeq);
    const letters = news.map((event) => eventLetter(call.task, call.epoch, event, this.#options.now()));
    const added = await Promise.all(letters.map((letter) => this.#add(letter, [])));
    return added.every(Boolean);
  }

  /** False if the dead letter could not be written: its call then stays pending. */
  async #add(letter: DeadLetter, entryIds: readonly string[]): Promise<boolean> {
    const { letters, report } = this.#options;
    try {
      await letters.add(letter, entryIds);
      report.deadLettered(letter);
      return true;
    } catch (error) {
      report.letterFailed(letter, error);
      return false;
    }
  }
}

/** The dead letter of an undecodable entry: its text if it is short, and the problem. */
function eventLetter(
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

/** The dead letter of a whole call: where its log is, and the reason. It never contains the words of the call. */
function callLetter({ task: { call, seq }, log, error }: BrokenCall, atMs: number): DeadLetter {
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
