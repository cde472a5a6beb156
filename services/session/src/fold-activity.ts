import { initialState, type CallKey, type DecodeProblem } from '@turnlog/call-events';
import {
  isFaultOfTheCall,
  type CallChange,
  type CallLog,
  type FeedEntry,
  type ReadCallLogs,
  type SessionSave,
  type SessionSaved,
} from '@turnlog/call-log';
import { foldLog } from './domain/fold-log.ts';
import { toSessionFields } from './domain/session-fields.ts';
import { type CachedState, type StateCache } from './domain/state-cache.ts';
import { transcriptHistoryFrom } from './domain/transcript-history.ts';

/** What a fold tells of its work. */
export interface FoldObserver {
  onFolded(events: number): void;
  onSaved(outcome: SessionSaved['outcome']): void;
  onUndecodable(call: CallKey, seq: number, problem: DecodeProblem): void;
  /** The call's entries stay pending and are tried again when they are claimed. */
  onCallFailed(call: CallKey, error: unknown): void;
  /** Live views missed a change. */
  onUnpublished(error: unknown): void;
}

/** What a fold works with. */
export interface FoldActivityOptions {
  readonly readLogs: ReadCallLogs;
  readonly cache: StateCache;
  readonly save: (state: SessionSave) => Promise<SessionSaved>;
  readonly publish: (change: CallChange) => Promise<void>;
  readonly observer: FoldObserver;
}

/** A call with something new, and the entries that said so. */
interface ActiveCall {
  readonly call: CallKey;
  readonly entryIds: readonly string[];
  readonly base: CachedState | undefined;
}

/** A call and its log after `base`. */
interface CallToFold extends ActiveCall {
  readonly log: CallLog;
}

/**
 * The handler of the activity feed: brings the live state of each call that has something new up to the end of its log,
 * acknowledges the entries with the save, and tells live views of the change.
 */
export function createActivityFold({ readLogs, cache, save, publish, observer }: FoldActivityOptions) {
  const foldActivity = async (entries: readonly FeedEntry[]): Promise<void> => {
    await foldCalls(groupByCall(entries));
  };

  /** A call whose own data is at fault stands back, so that it doesn't hold up the others. */
  const foldCalls = async (calls: readonly Omit<ActiveCall, 'base'>[]): Promise<void> => {
    try {
      const found = await readOnward(calls.map((each) => ({ ...each, base: cache.get(each.call) })));
      await allDone(found.map(foldCall));
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      const [first, ...others] = calls;
      if (first !== undefined && others.length === 0) observer.onCallFailed(first.call, error);
      else for (const call of calls) await foldCalls([call]);
    }
  };

  /** The logs of all calls in one round trip; a second one for those whose cached state turns out to be of no use. */
  const readOnward = async (calls: readonly ActiveCall[]): Promise<CallToFold[]> => {
    const requests = calls.map(({ call, base }) => ({ call, fromSeq: (base?.seq ?? 0) + 1 }));
    const logs = await readLogs(requests);
    const found = calls.flatMap((each, index) => {
      const log = logs[index];
      return log === undefined ? [] : [{ ...each, log }];
    });
    const broken = found.filter((each) => !continuesBase(each));
    if (broken.length === 0) return found;
    const restarted = await readOnward(broken.map((each) => ({ ...each, base: undefined })));
    return [...found.filter(continuesBase), ...restarted];
  };

  const foldCall = async ({ call, entryIds, base, log }: CallToFold): Promise<void> => {
    const { state, events, undecodable } = foldLog(base?.state ?? initialState(call), log.entries);
    const seq = log.entries.at(-1)?.seq ?? base?.seq ?? 0;
    // A call without a log is acknowledged as gone, which the epoch of no call brings about.
    const epoch = log.epoch ?? '';
    const saved = await saveTurnsFrom(base?.state.turns.length ?? 0, {
      content: { call, epoch, seq, fields: toSessionFields(state), entryIds },
      turnsFrom: (index) => transcriptHistoryFrom(state, index),
    });

    if (saved.outcome === 'gone') cache.delete(call);
    else cache.set(call, { epoch, seq, state, textLength: (base?.textLength ?? 0) + textLengthOf(log) });
    for (const { seq, problem } of undecodable) observer.onUndecodable(call, seq, problem);
    observer.onFolded(events.length);
    if (saved.outcome === 'saved') {
      await tellViews(
        call,
        events.filter((event) => event.seq > saved.previousSeq),
      );
    }
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

  return foldActivity;
}

type SavedState = Exclude<SessionSaved, { outcome: 'conflict' }>;

interface UnsavedState {
  readonly content: Omit<SessionSave, 'turnBase' | 'turns'>;
  readonly turnsFrom: (index: number) => string[];
}

function groupByCall(entries: readonly FeedEntry[]): Omit<ActiveCall, 'base'>[] {
  const calls = new Map<string, { call: CallKey; entryIds: string[] }>();
  for (const { call, id } of entries) {
    const key = `${call.tenant}/${call.callSid}`;
    const active = calls.get(key) ?? { call, entryIds: [] };
    active.entryIds.push(id);
    calls.set(key, active);
  }
  return [...calls.values()];
}

/** Whether the log goes on from the cached state: the same epoch, and no shorter than it was. */
function continuesBase({ base, log }: CallToFold): boolean {
  return base === undefined || (log.epoch === base.epoch && log.lastSeq >= base.seq);
}

function textLengthOf({ entries }: CallLog): number {
  return entries.reduce((total, { text }) => total + text.length, 0);
}

/** Waits for all, then throws the first failure: nothing goes on unobserved. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
