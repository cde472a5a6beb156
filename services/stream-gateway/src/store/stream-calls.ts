import { type StreamCalls } from '../domain/stream-calls.ts';
import { withDeadline, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';

export interface StreamCallsOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** How long a stream is remembered after its start. */
  readonly lifetimeMs: number;
  readonly logger: Logger;
}

/** This gateway's own, which it knows without Redis. */
const MAX_OWN_STREAMS = 10_000;
/** The caller waits for the answer to a Passthru. */
const FIND_TIMEOUT_MS = 1_000;

/** Under `<prefix>call-of-stream:<tenant>/<streamSid>`, until it expires. */
export function createStreamCalls({ redis, prefix, lifetimeMs, logger }: StreamCallsOptions): StreamCalls {
  const own = new Map<string, string>();
  const nameOf = (tenant: string, streamSid: string): string => `${tenant}/${streamSid}`;
  const keyOf = (name: string): string => `${prefix}call-of-stream:${name}`;

  const ask = async (name: string): Promise<string | undefined> => {
    const asked = redis.get(keyOf(name)).catch((err: unknown) => {
      logger.debug({ event: 'stream_call_not_found', err }, 'the call of a stream could not be looked up');
      return null;
    });
    const answer = await withDeadline(asked, FIND_TIMEOUT_MS);
    return answer.timedOut ? undefined : (answer.value ?? undefined);
  };

  return {
    remember: ({ tenant, callSid }, streamSid) => {
      const name = nameOf(tenant, streamSid);
      own.set(name, callSid);
      const [oldest] = own.keys();
      if (own.size > MAX_OWN_STREAMS && oldest !== undefined) own.delete(oldest);
      redis
        .set(keyOf(name), callSid, 'PX', lifetimeMs)
        .catch((err: unknown) =>
          logger.debug({ event: 'stream_call_not_stored', err }, 'the call of a stream was not stored'),
        );
    },
    find: async (tenant, streamSid) => {
      const name = nameOf(tenant, streamSid);
      return own.get(name) ?? ask(name);
    },
  };
}
