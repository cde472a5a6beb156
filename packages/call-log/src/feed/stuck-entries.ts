import { type Redis } from 'ioredis';
import { defineScript, runScript } from '../redis/script.ts';
import { type RawEntry } from './feed-entry.ts';

/** The most pending entries of one feed that are looked at in one go. */
const MAX_PENDING = 500;

/**
 * Claims pending entries, but for such as were given to another consumer, or once more, since they were looked at.
 *
 * KEYS  feed
 * ARGV  group, consumer, then of each entry: id, who had it, how many times it was delivered
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

/** As XPENDING tells of an entry. */
type PendingEntry = readonly [id: string, holder: string, idleMs: number, deliveries: number];

/** Who claims, and after what time. */
export interface StuckEntriesOptions {
  readonly commands: Redis;
  readonly group: string;
  readonly consumer: string;
  readonly claimIdleMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
}

/**
 * Finds pending entries that nothing becomes of although Redis does not say so: it measures how long an entry has been idle
 * by its wall clock, and after that was set back by an hour, no entry would be idle for an hour. So entries are watched
 * by our own clock as well.
 */
export class StuckEntries {
  readonly #options: StuckEntriesOptions;
  /** By feed and by `id holder deliveries`: since when an entry has been seen so. */
  readonly #seen = new Map<string, Map<string, number>>();

  constructor(options: StuckEntriesOptions) {
    this.#options = options;
  }

  /** Looks at a feed, and claims what has been seen unchanged for as long as an entry may be idle. */
  async claim(feed: string): Promise<readonly RawEntry[]> {
    const { commands, group, consumer, claimIdleMs, now } = this.#options;
    const pending = (await commands.xpending(feed, group, '-', '+', MAX_PENDING)) as PendingEntry[];
    const nowMs = now();
    const seenBefore = this.#seen.get(feed);
    const seen = new Map(
      pending.map((entry) => [nameOf(entry), seenBefore?.get(nameOf(entry)) ?? nowMs] as const),
    );
    this.#seen.set(feed, seen);
    const stuck = pending.filter((entry) => {
      const sinceMs = seenBefore?.get(nameOf(entry));
      return sinceMs !== undefined && nowMs - sinceMs >= claimIdleMs;
    });
    if (stuck.length === 0) return [];
    const args = stuck.flatMap(([id, holder, , deliveries]) => [id, holder, deliveries]);
    return (await runScript(commands, claimScript, [feed], [group, consumer, ...args])) as RawEntry[];
  }
}

function nameOf([id, holder, , deliveries]: PendingEntry): string {
  return `${id} ${holder} ${deliveries}`;
}
