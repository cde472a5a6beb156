import { defineScript, runScript } from '@turnlog/redis-kit';
import { type Redis } from 'ioredis';

/** After which a call that its gateway no longer speaks of has ended with the gateway. */
const STALE_MS = 45_000;

/**
 * Lua: a call that was spoken of in the future was so by a clock that was set back since. It counts as spoken of now, or a dead
 * gateway's calls would hold their places for as long as the clock was set back.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  redis.call('ZADD', KEYS[1], now, id)
end
`;

/**
 * Takes a place among the calls of a tenant, where one is free.
 *
 * KEYS  the tenant's calls by when they were last spoken of
 * ARGV  the call's id, the most calls, after how many milliseconds one is stale
 * Reply 1 when it has a place
 */
const TAKE = defineScript(`${NOW}redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/**
 * Speaks of calls again.
 *
 * KEYS  as above
 * ARGV  after how many milliseconds one is stale, the calls' ids
 */
const RENEW = defineScript(
  `${NOW}for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
`,
  { runsWithoutMemory: true },
);

/** The calls that each tenant has at once, over all gateways. Only tenants with a limit are counted. */
export class CallSlots {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #held = new Map<string, Set<string>>();

  constructor(redis: Redis, { prefix }: { readonly prefix: string }) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** True when the tenant has a place for one more call, which it now holds. Rejects when Redis doesn't answer. */
  async take(tenant: string, id: string, maxCalls: number): Promise<boolean> {
    const taken = await runScript(this.#redis, TAKE, [this.#keyOf(tenant)], [id, maxCalls, STALE_MS]);
    if (taken !== 1) return false;
    const held = this.#held.get(tenant) ?? new Set();
    this.#held.set(tenant, held.add(id));
    return true;
  }

  /** The call is over. Should Redis not hear of it, the place is free when the call is stale. */
  async release(tenant: string, id: string): Promise<void> {
    const held = this.#held.get(tenant);
    held?.delete(id);
    if (held?.size === 0) this.#held.delete(tenant);
    await this.#redis.zrem(this.#keyOf(tenant), id);
  }

  /** Speaks of every call that goes on here. To be called more often than a call gets stale. */
  async renew(): Promise<void> {
    const renewals = [...this.#held].map(([tenant, ids]) =>
      runScript(this.#redis, RENEW, [this.#keyOf(tenant)], [STALE_MS, ...ids]),
    );
    await Promise.all(renewals);
  }

  #keyOf(tenant: string): string {
    return `${this.#prefix}calls-of:${tenant}`;
  }
}
