import { callId } from '@turnlog/call-events';
import {
  followLog,
  lastReadSeq,
  type CallLog,
  type LogEntry,
  type LogPage,
  type ReadLogPages,
} from '@turnlog/call-log';
import { type StateCache } from '../domain/state-cache.ts';
import { continuesBase, type ActiveCall, type CallFold, type FoldObserver } from './fold-call.ts';

/** So much of a long log is folded between two saves. */
const STRETCH_BYTES = 4_000_000;

/** What folding long logs takes. */
export interface LongFoldsOptions {
  readonly readPages: ReadLogPages;
  readonly fold: CallFold;
  readonly cache: StateCache;
  readonly observer: FoldObserver;
}

/**
 * Folds calls whose log is longer than a page, one at a time, while others pass. Their entries stay pending until then;
 * one that fails is tried again when its entries are claimed.
 */
export class LongFolds {
  readonly #options: LongFoldsOptions;
  readonly #waiting = new Map<string, Omit<ActiveCall, 'base'>>();
  #running: Promise<void> | undefined;

  constructor(options: LongFoldsOptions) {
    this.#options = options;
  }

  /** Adds a call, or adds its entries to the same call if that already waits. */
  add({ call, entryIds }: Omit<ActiveCall, 'base'>): void {
    const key = callId(call);
    const other = this.#waiting.get(key)?.entryIds ?? [];
    this.#waiting.set(key, { call, entryIds: [...new Set([...other, ...entryIds])] });
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const [key, active] of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await this.#fold(active);
      } catch (error) {
        this.#options.observer.onCallFailed(active.call, error);
      }
    }
    this.#running = undefined;
  }

  async #fold({ call, entryIds }: Omit<ActiveCall, 'base'>): Promise<void> {
    const { readPages, fold, cache } = this.#options;
    let base = cache.get(call);
    let [first] = await readPages([{ call, fromSeq: (base?.seq ?? 0) + 1 }]);
    if (first !== undefined && !continuesBase({ base, log: first })) {
      base = undefined;
      [first] = await readPages([{ call, fromSeq: 1 }]);
    }
    if (first === undefined) return;
    for await (const { log, isDone } of stretchesOf(followLog(readPages, first), first.lastSeq)) {
      base = await fold.fold({ call, base, log, entryIds: isDone ? entryIds : [] });
      if (base === undefined) return fold.acknowledge({ call, entryIds });
    }
  }
}

/** Pages put together to stretches of some size. */
async function* stretchesOf(
  pages: AsyncIterable<LogPage>,
  untilSeq: number,
): AsyncGenerator<{ readonly log: CallLog; readonly isDone: boolean }> {
  let [entries, bytes]: [LogEntry[], number] = [[], 0];
  for await (const page of pages) {
    entries.push(...page.entries);
    bytes += page.bytes;
    const isDone = page.isLast || (lastReadSeq(page) ?? untilSeq) >= untilSeq;
    if (!isDone && bytes < STRETCH_BYTES) continue;
    const { call, epoch, lastSeq, persistedSeq } = page;
    yield { log: { call, epoch, lastSeq, persistedSeq, entries }, isDone };
    [entries, bytes] = [[], 0];
  }
}
