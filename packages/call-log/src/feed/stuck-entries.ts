import { type Redis } from 'ioredis';
import { defineScript, execAll, runScript } from '@turnlog/redis-kit';
import { type RawEntry } from './feed-entry.ts';

/** The most pending entries of one feed that are checked at once. */
const MAX_PENDING = 500;

/**
 * Claims pending entries, except those that were delivered again since they were checked.
 *
 * KEYS  feed
 * ARGV  group, consumer, then of each entry: id, its consumer, its number of deliveries
 * Reply the entries
 */
const claimScript = defineScript(`
local ids = {}
for i = 3, #ARGV, 3 do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[i + 1] and pending[4] == tonumber(ARGV[i + 2]) then ids[#ids + 1] = ARGV[i] end
end
if #ids == 0 then return {} end
return redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(ids))
`);

/** An entry of XPENDING. */
export type PendingEntry = readonly [id: string, holder: string, idleMs: number, deliveries: number];

/** The claiming consumer, and the time after which it claims. */
export interface StuckEntriesOptions {
  readonly commands: Redis;
  readonly group: string;
  readonly consumer: string;
  readonly claimIdleMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
}

/**
 * Finds stuck pending entries that Redis does not report as idle. Redis measures idle time by its wall clock:
 * after that was set back by an hour, no entry is idle for an hour. So entries are watched by our own clock
 * as well.
 */
export class StuckEntries {
  readonly #options: StuckEntriesOptions;
  /** By feed and by `id consumer deliveries`: since when the entry has been seen unchanged. */
  readonly #seen = new Map<string, Map<string, number>>();

  constructor(options: StuckEntriesOptions) {
    this.#options = options;
  }

  /** Checks all feeds, and claims entries that were unchanged for the time that an entry may be idle. */
  async claim(feeds: readonly string[]): Promise<[feed: string, entries: readonly RawEntry[]][]> {
    const { commands, group, consumer } = this.#options;
    const pipeline = commands.pipeline();
    for (const feed of feeds) pipeline.xpending(feed, group, '-', '+', MAX_PENDING);
    const replies = await execAll(pipeline);
    const claimed: [feed: string, entries: readonly RawEntry[]][] = [];
    for (const [index, feed] of feeds.entries()) {
      const stuck = this.#watch(feed, replies[index] as PendingEntry[]);
      if (stuck.length === 0) continue;
      const args = stuck.flatMap(([id, holder, , deliveries]) => [id, holder, deliveries]);
      const entries = await runScript(commands, claimScript, [feed], [group, consumer, ...args]);
      claimed.push([feed, entries as RawEntry[]]);
    }
    return claimed;
  }

  /** The entries of a feed that have been unchanged for too long. */
  #watch(feed: string, pending: readonly PendingEntry[]): PendingEntry[] {
    const nowMs = this.#options.now();
    const before = this.#seen.get(feed);
    const sinceOf = (entry: PendingEntry) => before?.get(nameOf(entry));
    this.#seen.set(feed, new Map(pending.map((entry) => [nameOf(entry), sinceOf(entry) ?? nowMs])));
    return pending.filter((entry) => {
      const sinceMs = sinceOf(entry);
      return sinceMs !== undefined && nowMs - sinceMs >= this.#options.claimIdleMs;
    });
  }
}

function nameOf([id, holder, , deliveries]: PendingEntry): string {
  return `${id} ${holder} ${deliveries}`;
}
