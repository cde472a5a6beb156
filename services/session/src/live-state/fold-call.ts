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

/** What a fold tells of its work. */
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

/** A call with something new, and the entries that said so. */
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
}

/**
 * Folds a stretch of a call's log into its live state, acknowledges the entries with the save, and tells live views of the
 * change. Resolves to the state up to there; `undefined` when the call is gone, or too large.
 */
export function createCallFold({ cache, save, publish, observer, maxCallMemoryBytes }: FoldCallOptions) {
  const foldCall = async ({ call, entryIds, base, log }: CallToFold): Promise<CachedState | undefined> => {
    const folded = foldLog(base?.state ?? initialState(call), log.entries);
    const { state, events, undecodable } = folded;
    const memoryBytes = (base?.memoryBytes ?? 0) + folded.memoryBytes;
    if (memoryBytes > maxCallMemoryBytes) {
      observer.onCallTooLarge(call, memoryBytes);
      await acknowledge({ call, entryIds });
      return undefined;
    }
    const seq = lastReadSeq(log) ?? base?.seq ?? 0;
    // A call without a log is acknowledged as gone, which the epoch of no call brings about.
    const epoch = log.epoch ?? '';
    const saved = await saveTurnsFrom(base?.state.turns.length ?? 0, {
      content: { call, epoch, seq, fields: toSessionFields(state), entryIds },
      turnsFrom: (index) => transcriptHistoryFrom(state, index),
    });

    const next = { epoch, seq, state, memoryBytes };
    if (saved.outcome === 'gone') cache.delete(call);
    else cache.set(call, next);
    for (const { seq, problem } of undecodable) observer.onUndecodable(call, seq, problem);
    observer.onFolded(events.length);
    if (saved.outcome === 'saved') {
      await tellViews(
        call,
        events.filter((event) => event.seq > saved.previousSeq),
      );
    }
    return saved.outcome === 'gone' ? undefined : next;
  };

  /** Without saving anything. */
  const acknowledge = async ({ call, entryIds }: Pick<ActiveCall, 'call' | 'entryIds'>): Promise<void> => {
    cache.delete(call);
    await save({ call, epoch: '', seq: 0, fields: {}, turnBase: 0, turns: [], entryIds });
  };

  /** Every conflict means that another worker got further, so this comes to an end. */
  const saveTurnsFrom = async (
    turnBase: number,
    { content, turnsFrom }: UnsavedState,
  ): Promise<SavedState> => {
    const saved = await save({ ...content, turnBase, turns: turnsFrom(turnBase) });
    observer.onSaved(saved.outcome);
    return saved.outcome === 'conflict' ? saveTurnsFrom(saved.turnBase, { content, turnsFrom }) : saved;
  };

  /** A live view may miss a change; that is no reason to fold anything twice. */
  const tellViews = async (call: CallKey, events: CallLog['entries']): Promise<void> => {
    if (events.length === 0) return;
    try {
      await publish({ call, events });
    } catch (error) {
      observer.onUnpublished(error);
    }
  };

  return { foldCall, acknowledge };
}

/** Folds calls. */
export type CallFold = ReturnType<typeof createCallFold>;

type SavedState = Exclude<SessionSaved, { outcome: 'conflict' }>;

interface UnsavedState {
  readonly content: Omit<SessionSave, 'turnBase' | 'turns'>;
  readonly turnsFrom: (index: number) => string[];
}

/** Whether the log goes on from the cached state: the same epoch, and no shorter than it was. */
export function continuesBase({ base, log }: Pick<CallToFold, 'base' | 'log'>): boolean {
  return base === undefined || (log.epoch === base.epoch && log.lastSeq >= base.seq);
}
