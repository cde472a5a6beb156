import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';

const MIB = 1024 * 1024;

/** An hour, in pieces: what is older than the oldest piece counts no more. */
const WINDOW_MS = 300_000;
const WINDOWS = 12;

/** A tenant that is known to be full brings nothing, and is looked at again so often. */
const LOOK_AGAIN_MS = 10_000;

/** From this part of MAX_MEMORY_SHARE on, tenants that bring much are refused, so that the others are not. */
const CROWDED = 0.88;
/** What one of several tenants may bring in an hour while it is crowded, as a share of the memory of Redis. */
const CROWDED_SHARE = 0.4;

/**
 * Counts bytes of a tenant.
 *
 * KEYS  the tenant's bytes by window
 * ARGV  bytes, milliseconds of a window, number of windows
 * Reply the bytes of all windows
 */
const COUNT = `
local time = redis.call('TIME')
local window = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / ARGV[2])
if tonumber(ARGV[1]) > 0 then
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', window), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2] * ARGV[3])
end
local sum, known = 0, redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  local age = window - tonumber(known[i])
  -- One that is ahead was counted before the clock was set back.
  if age < 0 or age >= tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], known[i])
  else sum = sum + tonumber(known[i + 1]) end
end
return sum
`;

interface Count {
  /** By all gateways, as Redis has told. */
  total: number;
  /** Appended here and not told to Redis yet. */
  untold: number;
  askedAtMs: number;
}

export interface TenantBytesOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** Asked for when it is needed: it is made of the same Redis. */
  readonly directory: () => Pick<TenantDirectory, 'tenants' | 'find'>;
  /** What each tenant may bring in an hour, where its policy says nothing else. */
  readonly maxBytesPerHour: number | undefined;
  readonly memory: { readonly share: number; readonly maxBytes: number };
  readonly maxMemoryShare: number;
  readonly monotonic: () => number;
}

/**
 * The bytes that each tenant has brought in the last hour, over all gateways: what it has in Redis, where keys are kept for
 * an hour. Gateways tell each other every second, so that together they may let through what they take in that time.
 */
export class TenantBytes {
  readonly #options: TenantBytesOptions;
  readonly #counts = new Map<string, Count>();

  constructor(options: TenantBytesOptions) {
    this.#options = options;
  }

  /** So much of the tenant was appended here. */
  note(tenant: string, bytes: number): void {
    if (bytes === 0 || !this.#isCounted(tenant)) return;
    const count = this.#counts.get(tenant) ?? { total: 0, untold: 0, askedAtMs: -Infinity };
    this.#counts.set(tenant, count);
    count.untold += bytes;
  }

  /** Whether the tenant has brought as much as it may. */
  isFull(tenant: string): boolean {
    const count = this.#counts.get(tenant);
    return count !== undefined && count.total + count.untold >= this.#limitOf(tenant);
  }

  /** Tells Redis what was appended here, and hears of the other gateways. Rejects when Redis doesn't answer. */
  async exchange(): Promise<void> {
    const nowMs = this.#options.monotonic();
    const due = [...this.#counts].filter(
      ([tenant, { untold, askedAtMs }]) =>
        untold > 0 || (this.isFull(tenant) && nowMs - askedAtMs >= LOOK_AGAIN_MS),
    );
    await Promise.all(due.map(([tenant, count]) => this.#exchange(tenant, count, nowMs)));
  }

  async #exchange(tenant: string, count: Count, nowMs: number): Promise<void> {
    const { redis, prefix } = this.#options;
    const told = count.untold;
    const total = await redis.eval(COUNT, 1, `${prefix}bytes-of:${tenant}`, told, WINDOW_MS, WINDOWS);
    count.total = Number(total);
    count.untold -= told;
    count.askedAtMs = nowMs;
  }

  /** One tenant alone has no neighbour: it is counted only where it has a limit of its own. */
  #isCounted(tenant: string): boolean {
    return this.#ownLimitOf(tenant) !== undefined || this.#options.directory().tenants.length > 1;
  }

  #ownLimitOf(tenant: string): number | undefined {
    const { directory, maxBytesPerHour } = this.#options;
    const mib = directory().find(tenant)?.policy.maxMibPerHour ?? null;
    return mib === null ? maxBytesPerHour : mib * MIB;
  }

  #limitOf(tenant: string): number {
    const { memory, maxMemoryShare, directory } = this.#options;
    const own = this.#ownLimitOf(tenant) ?? Infinity;
    const isCrowded = directory().tenants.length > 1 && memory.share >= maxMemoryShare * CROWDED;
    return isCrowded ? Math.min(own, memory.maxBytes * CROWDED_SHARE) : own;
  }
}
