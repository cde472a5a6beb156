import { callId, type CallKey } from '@turnlog/call-events';
import { isFaultOfTheCall, type FeedEntry, type LogPage, type ReadLogPages } from '@turnlog/call-log';
import {
  CallFold,
  continuesBase,
  type ActiveCall,
  type CallToFold,
  type FoldCallOptions,
} from './fold-call.ts';
import { LongFolds } from './long-folds.ts';

/** The most calls whose pages are read in one round trip, as all of these are in memory at once. */
const MAX_READ_CALLS = 256;
/** The most text that is folded at once: as objects it takes up to twenty times as much. */
const MAX_FOLDED_BYTES = 8_000_000;
/** Beyond, calls that were too large are dropped, and measured again. */
const MAX_TOO_LARGE = 1_000;

/** What a fold works with. */
export interface FoldActivityOptions extends Omit<FoldCallOptions, 'onTooLarge'> {
  readonly readPages: ReadLogPages;
}

type CalledUp = Omit<ActiveCall, 'base'>;

/** A call and the first page of its log after `base`. */
interface PageToFold extends CallToFold {
  readonly log: LogPage;
}

/** Updates the live states of the calls that the activity feed names. */
export class ActivityFold {
  readonly #options: FoldActivityOptions;
  readonly #fold: CallFold;
  readonly #longFolds: LongFolds;
  readonly #tooLarge = new Set<string>();

  constructor(options: FoldActivityOptions) {
    const { readPages, cache, observer } = options;
    this.#options = options;
    this.#fold = new CallFold({
      ...options,
      onTooLarge: (call) => {
        if (this.#tooLarge.size >= MAX_TOO_LARGE) this.#tooLarge.clear();
        this.#tooLarge.add(callId(call));
      },
    });
    this.#longFolds = new LongFolds({ readPages, fold: this.#fold, cache, observer });
  }

  /**
   * The handler of the activity feed: brings the live state of each call that has something new up to the end of its log,
   * and acknowledges the entries with the save. Calls with a long log are folded beside the others.
   */
  async handle(entries: readonly FeedEntry[]): Promise<void> {
    const calls = groupByCall(entries);
    const isTooLarge = ({ call }: CalledUp): boolean => this.#tooLarge.has(callId(call));
    for (const call of calls.filter(isTooLarge)) await this.#fold.acknowledge(call);
    const others = calls.filter((call) => !isTooLarge(call));
    for (let start = 0; start < others.length; start += MAX_READ_CALLS)
      await this.#foldCalls(others.slice(start, start + MAX_READ_CALLS));
  }

  /** Resolves when no long log is being folded. */
  settled(): Promise<void> {
    return this.#longFolds.settled();
  }

  /** A call whose own data is at fault is folded alone, so that it does not hold up the others. */
  async #foldCalls(calls: readonly CalledUp[]): Promise<void> {
    const { cache, observer } = this.#options;
    try {
      const found = await this.#readOnward(calls.map((each) => ({ ...each, base: cache.get(each.call) })));
      for (const each of found) if (!each.log.isLast) this.#longFolds.add(each);
      for (const some of byBytes(found.filter(({ log }) => log.isLast)))
        await allDone(some.map((each) => this.#fold.fold(each)));
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      const [first, ...others] = calls;
      if (first !== undefined && others.length === 0) observer.onCallFailed(first.call, error);
      else for (const call of calls) await this.#foldCalls([call]);
    }
  }

  /** The logs of all calls in one round trip, and a second one for those whose cached state is of no use. */
  async #readOnward(calls: readonly ActiveCall[]): Promise<PageToFold[]> {
    const requests = calls.map(({ call, base }) => ({ call, fromSeq: (base?.seq ?? 0) + 1 }));
    const pages = await this.#options.readPages(requests);
    const found = calls.flatMap((each, index) => {
      const log = pages[index];
      return log === undefined ? [] : [{ ...each, log }];
    });
    const broken = found.filter((each) => !continuesBase(each));
    if (broken.length === 0) return found;
    const restarted = await this.#readOnward(broken.map((each) => ({ ...each, base: undefined })));
    return [...found.filter(continuesBase), ...restarted];
  }
}

function groupByCall(entries: readonly FeedEntry[]): CalledUp[] {
  const calls = new Map<string, { call: CallKey; entryIds: string[] }>();
  for (const { call, id } of entries) {
    const active = calls.get(callId(call)) ?? { call, entryIds: [] };
    active.entryIds.push(id);
    calls.set(callId(call), active);
  }
  return [...calls.values()];
}

/** Groups of limited size, in their order. */
function byBytes(calls: readonly PageToFold[]): PageToFold[][] {
  const groups: PageToFold[][] = [];
  let bytes = 0;
  for (const call of calls) {
    bytes += call.log.bytes;
    if (groups.length === 0 || bytes > MAX_FOLDED_BYTES) {
      groups.push([]);
      bytes = call.log.bytes;
    }
    groups.at(-1)?.push(call);
  }
  return groups;
}

/** Waits for all, then throws the first failure: no task continues unobserved. */
async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
