import { initialState, type CallKey, type DecodeProblem } from '@turnlog/call-events';
import {
  type CallChange,
  type CallLog,
  lastReadSeq,
  type SessionSave,
  type SessionSaved,
} from '@turnlog/call-log';
import { foldLog } from '../domain/fold-log.ts';
import { toSessionFields } from '../domain/session-fields.ts';
import { type CachedState, type StateCache } from '../domain/state-cache.ts';
import { transcriptHistoryFrom } from '../domain/transcript-history.ts';

/** Observes a fold. */
export interface FoldObserver {
  onFolded(events: number): void;
  onSaved(outcome: SessionSaved['outcome']): void;
  onUndecodable(call: CallKey, seq: number, problem: DecodeProblem): void;
  /** The call's entries stay pending and are tried again when they are claimed. */
  onCallFailed(call: CallKey, error: unknown): void;
  /** The call is too large for a live state: its entries are acknowledged, and its live state stays as it is. */
  onCallTooLarge(call: CallKey, memoryBytes: number): void;
  /** Live views missed a change. */
  onUnpublished(error: unknown): void;
}

/** A call with new events, and the entries that listed it. */
export interface ActiveCall {
  readonly call: CallKey;
  readonly entryIds: readonly string[];
  readonly base: CachedState | undefined;
}

/** A call and its log after `base`, or a stretch of it. */
export interface CallToFold extends ActiveCall {
  readonly log: CallLog;
}

/** What folding one call takes. */
export interface FoldCallOptions {
  readonly cache: StateCache;
  readonly save: (state: SessionSave) => Promise<SessionSaved>;
  readonly publish: (change: CallChange) => Promise<void>;
  readonly observer: FoldObserver;
  /** About how much memory the state of one call may take. */
  readonly maxCallMemoryBytes: number;
  /** Called with a call that would take more. */
  readonly onTooLarge: (call: CallKey) => void;
}

/** Folds calls into their live states. */
export class CallFold {
  readonly #options: FoldCallOptions;

  constructor(options: FoldCallOptions) {
    this.#options = options;
  }

  /**
   * Folds a stretch of a call's log into its live state, acknowledges the entries with the save, and publishes the change
   * to live views. Resolves to the state up to there; `undefined` when the call is gone, or too large.
   */
  async fold({ call, entryIds, base, log }: CallToFold): Promise<CachedState | undefined> {
    const { cache, observer, onTooLarge, maxCallMemoryBytes } = this.#options;
    const folded = foldLog(base?.state ?? initialState(call), log.entries);
    const { state, events, undecodable } = folded;
    const memoryBytes = (base?.memoryBytes ?? 0) + folded.memoryBytes;
    if (memoryBytes > maxCallMemoryBytes) {
      onTooLarge(call);
      observer.onCallTooLarge(call, memoryBytes);
      await this.acknowledge({ call, entryIds });
      return undefined;
    }
    const seq = lastReadSeq(log) ?? base?.seq ?? 0;
    // The epoch of no call makes the save acknowledge a call without a log as gone.
    const epoch = log.epoch ?? '';
    const saved = await this.#saveTurnsFrom(base?.state.turns.length ?? 0, {
      content: { call, epoch, seq, fields: toSessionFields(state), entryIds },
      turnsFrom: (index) => transcriptHistoryFrom(state, index),
    });

    const next = { epoch, seq, state, memoryBytes };
    if (saved.outcome === 'gone') cache.delete(call);
    else cache.set(call, next);
    for (const { seq, problem } of undecodable) observer.onUndecodable(call, seq, problem);
    observer.onFolded(events.length);
    if (saved.outcome === 'gone') return undefined;
    const news = saved.outcome === 'saved' ? events.filter(({ seq }) => seq > saved.previousSeq) : [];
    await this.#publish(call, news);
    return next;
  }

  /** Acknowledges the entries of a call without saving anything. */
  async acknowledge({ call, entryIds }: Pick<ActiveCall, 'call' | 'entryIds'>): Promise<void> {
    this.#options.cache.delete(call);
    await this.#options.save({ call, epoch: '', seq: 0, fields: {}, turnBase: 0, turns: [], entryIds });
  }

  /** Each conflict means that another worker is further ahead, so the retries end. */
  async #saveTurnsFrom(turnBase: number, { content, turnsFrom }: UnsavedState): Promise<SavedState> {
    const saved = await this.#options.save({ ...content, turnBase, turns: turnsFrom(turnBase) });
    this.#options.observer.onSaved(saved.outcome);
    return saved.outcome === 'conflict' ? this.#saveTurnsFrom(saved.turnBase, { content, turnsFrom }) : saved;
  }

  /** A live view may miss a change: that is not a reason to fold anything twice. */
  async #publish(call: CallKey, events: CallLog['entries']): Promise<void> {
    if (events.length === 0) return;
    try {
      await this.#options.publish({ call, events });
    } catch (error) {
      this.#options.observer.onUnpublished(error);
    }
  }
}

type SavedState = Exclude<SessionSaved, { outcome: 'conflict' }>;

interface UnsavedState {
  readonly content: Omit<SessionSave, 'turnBase' | 'turns'>;
  readonly turnsFrom: (index: number) => string[];
}

/** Whether the log continues the cached state: it has the same epoch, and is not shorter than it was. */
export function continuesBase({ base, log }: Pick<CallToFold, 'base' | 'log'>): boolean {
  return base === undefined || (log.epoch === base.epoch && log.lastSeq >= base.seq);
}
