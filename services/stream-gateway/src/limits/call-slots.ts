import { defineScript, runScript } from '@turnlog/redis-kit';
import { type Redis } from 'ioredis';
import { type GatewayKeys } from '../domain/keys.ts';

/** A call that its gateway has not renewed for so long has ended with the gateway. */
const STALE_MS = 45_000;

/** Lua: a call whose score is in the future, because the clock was set back since, is taken as renewed now. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  redis.call('ZADD', KEYS[1], now, id)
end
`;

/**
 * Takes a slot of a tenant, if one is free.
 *
 * KEYS  the tenant's calls by the time of their last renewal
 * ARGV  the call's id, the most calls, after how many milliseconds one is stale
 * Reply 1 if the call has a slot
 */
const TAKE = defineScript(`${NOW}redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/**
 * Renews calls.
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
  readonly #keyOf: GatewayKeys['callsOf'];
  readonly #held = new Map<string, Set<string>>();

  constructor(redis: Redis, keyOf: GatewayKeys['callsOf']) {
    this.#redis = redis;
    this.#keyOf = keyOf;
  }

  /** Takes a slot; false if none is free. Rejects if Redis doesn't answer. */
  async take(tenant: string, id: string, maxCalls: number): Promise<boolean> {
    const taken = await runScript(this.#redis, TAKE, [this.#keyOf(tenant)], [id, maxCalls, STALE_MS]);
    if (taken !== 1) return false;
    const held = this.#held.get(tenant) ?? new Set();
    this.#held.set(tenant, held.add(id));
    return true;
  }

  /** The call is over. If Redis doesn't answer, the slot is free once the call is stale. */
  async release(tenant: string, id: string): Promise<void> {
    const held = this.#held.get(tenant);
    held?.delete(id);
    if (held?.size === 0) this.#held.delete(tenant);
    await this.#redis.zrem(this.#keyOf(tenant), id);
  }

  /** Renews all calls of this gateway, which must happen more often than {@link STALE_MS}. */
  async renew(): Promise<void> {
    const renewals = [...this.#held].map(([tenant, ids]) =>
      runScript(this.#redis, RENEW, [this.#keyOf(tenant)], [STALE_MS, ...ids]),
    );
    await Promise.all(renewals);
  }
}
