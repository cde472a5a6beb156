import { hashSecret, randomText } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type Principal } from '../domain/principal.ts';

const stored = z.object({ tenant: z.string(), callSid: z.string().optional(), expiresAtMs: z.number() });

/** A token that was used up. */
export interface TakenToken {
  readonly principal: Principal;
  /**
   * Makes it valid again until it expires, because the stream was not opened. Exotel tries a failed handshake once more, with
   * the same URL. Source: Exotel, AgentStream limits.
   */
  readonly giveBack: () => Promise<void>;
}

/** Tokens that each admit one stream within a short time. Redis has only their hashes, as `<prefix>stream-token:<hash>`. */
export class StreamTokens {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #lifetimeMs: number;

  constructor(
    redis: Redis,
    { prefix, lifetimeMs }: { readonly prefix: string; readonly lifetimeMs: number },
  ) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Returns a new token: `tl_token_…`. */
  async issue(principal: Principal): Promise<string> {
    const { text } = randomText('token');
    await this.#store(text, principal, Date.now() + this.#lifetimeMs);
    return text;
  }

  /** Uses a token up. Undefined if it is unknown, used or expired. */
  async take(token: string): Promise<TakenToken | undefined> {
    const text = await this.#redis.getdel(this.#keyOf(token));
    if (text === null) return undefined;
    const { tenant, callSid, expiresAtMs } = stored.parse(JSON.parse(text));
    const principal: Principal = { tenant, callSid };
    return { principal, giveBack: () => this.#store(token, principal, expiresAtMs) };
  }

  async #store(token: string, { tenant, callSid }: Principal, expiresAtMs: number): Promise<void> {
    const leftMs = Math.ceil(expiresAtMs - Date.now());
    if (leftMs <= 0) return;
    const value = JSON.stringify({ tenant, callSid, expiresAtMs });
    await this.#redis.set(this.#keyOf(token), value, 'PX', leftMs);
  }

  #keyOf(token: string): string {
    return `${this.#prefix}stream-token:${hashSecret(token)}`;
  }
}
