import { hashSecret, randomText } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type Principal } from '../domain/principal.ts';

const stored = z.object({ tenant: z.string(), callSid: z.string().optional(), expiresAtMs: z.number() });

/** Tokens that let one stream in, once, for a short time. Redis has their hashes alone. */
export interface StreamTokens {
  /** A new token: `tl_token_…`. */
  issue(principal: Principal): Promise<string>;
  /** Uses a token up; nothing where it is unknown, used or expired. Of several who ask at once, one gets it. */
  take(token: string): Promise<TakenToken | undefined>;
}

/** A token that was used up. */
export interface TakenToken {
  readonly principal: Principal;
  /**
   * Lets it be taken again for what is left of its time: the stream did not come about. Exotel tries a failed handshake once
   * more, with the same URL. Source: Exotel, AgentStream limits.
   */
  readonly giveBack: () => Promise<void>;
}

export interface StreamTokensOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly lifetimeMs: number;
  /** Unix ms. */
  readonly now: () => number;
}

/** Tokens under `<prefix>stream-token:<hash>`. */
export function createStreamTokens({ redis, prefix, lifetimeMs, now }: StreamTokensOptions): StreamTokens {
  const keyOf = (token: string): string => `${prefix}stream-token:${hashSecret(token)}`;
  const store = async (token: string, { tenant, callSid }: Principal, expiresAtMs: number): Promise<void> => {
    const leftMs = Math.ceil(expiresAtMs - now());
    if (leftMs <= 0) return;
    await redis.set(keyOf(token), JSON.stringify({ tenant, callSid, expiresAtMs }), 'PX', leftMs);
  };
  return {
    issue: async (principal) => {
      const { text } = randomText('token');
      await store(text, principal, now() + lifetimeMs);
      return text;
    },
    take: async (token) => {
      const text = await redis.getdel(keyOf(token));
      if (text === null) return undefined;
      const { tenant, callSid, expiresAtMs } = stored.parse(JSON.parse(text));
      const principal: Principal = { tenant, callSid };
      return { principal, giveBack: () => store(token, principal, expiresAtMs) };
    },
  };
}
