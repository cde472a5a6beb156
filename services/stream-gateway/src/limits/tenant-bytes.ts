import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type GatewayKeys } from '../domain/keys.ts';

const MIB = 1024 * 1024;

/** An hour, in pieces. */
const WINDOW_MS = 300_000;
const WINDOWS = 12;

/** How often a full tenant, which sends nothing, is checked. */
const LOOK_AGAIN_MS = 10_000;

/** Above this part of MAX_MEMORY_SHARE, tenants that send much are refused, so that the others are not. */
const CROWDED = 0.88;
/** What one of several tenants may send in an hour then, as a share of the memory of Redis. */
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
  /** From all gateways, by the latest answer of Redis. */
  total: number;
  /** Appended here and not sent to Redis yet. */
  unsent: number;
  askedAtMs: number;
}

export interface TenantBytesOptions {
  readonly redis: Redis;
  readonly keyOf: GatewayKeys['bytesOf'];
  /** Read when it is needed: it is created later. */
  readonly directory: () => Pick<TenantDirectory, 'tenants' | 'find'>;
  /** The limit of a tenant whose policy has none. */
  readonly maxBytesPerHour: number | undefined;
  readonly memory: { readonly share: number; readonly maxBytes: number };
  readonly maxMemoryShare: number;
}

/**
 * The bytes that each tenant sent to all gateways in the last hour, which is what it has in Redis. Gateways exchange counts
 * every second, so that together they may exceed a limit by what arrives in that time.
 */
export class TenantBytes {
  readonly #options: TenantBytesOptions;
  readonly #counts = new Map<string, Count>();

  constructor(options: TenantBytesOptions) {
    this.#options = options;
  }

  /** Counts bytes of the tenant that were appended here. */
  note(tenant: string, bytes: number): void {
    if (bytes === 0 || !this.#isCounted(tenant)) return;
    const count = this.#counts.get(tenant) ?? { total: 0, unsent: 0, askedAtMs: -Infinity };
    this.#counts.set(tenant, count);
    count.unsent += bytes;
  }

  /** Whether the tenant has reached its limit. */
  isFull(tenant: string): boolean {
    const count = this.#counts.get(tenant);
    return count !== undefined && count.total + count.unsent >= this.#limitOf(tenant);
  }

  /** Adds what was appended here to the counts in Redis, and reads those of all gateways. Rejects if Redis doesn't answer. */
  async exchange(): Promise<void> {
    const nowMs = performance.now();
    const due = [...this.#counts].filter(
      ([tenant, { unsent, askedAtMs }]) =>
        unsent > 0 || (this.isFull(tenant) && nowMs - askedAtMs >= LOOK_AGAIN_MS),
    );
    await Promise.all(due.map(([tenant, count]) => this.#exchange(tenant, count, nowMs)));
  }

  async #exchange(tenant: string, count: Count, nowMs: number): Promise<void> {
    const { redis, keyOf } = this.#options;
    const sent = count.unsent;
    count.total = Number(await redis.eval(COUNT, 1, keyOf(tenant), sent, WINDOW_MS, WINDOWS));
    count.unsent -= sent;
    count.askedAtMs = nowMs;
  }

  /** A single tenant has no neighbours: it is counted only if it has a limit of its own. */
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
