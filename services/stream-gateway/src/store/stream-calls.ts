import { type CallKey } from '@turnlog/call-events';
import { withDeadline, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type GatewayKeys } from '../domain/keys.ts';

/** The most streams of this gateway whose calls are found without Redis. */
const MAX_OWN_STREAMS = 10_000;
/** The caller waits for the answer to a Passthru. */
const FIND_TIMEOUT_MS = 1_000;

/** Which call a stream belongs to, as a Passthru may name the stream alone. */
export class StreamCalls {
  readonly #redis: Redis;
  readonly #keyOf: GatewayKeys['callOfStream'];
  readonly #lifetimeMs: number;
  readonly #logger: Logger;
  readonly #own = new Map<string, string>();

  /** A stream is remembered for `lifetimeMs` after its start. */
  constructor(redis: Redis, keyOf: GatewayKeys['callOfStream'], lifetimeMs: number, logger: Logger) {
    this.#redis = redis;
    this.#keyOf = keyOf;
    this.#lifetimeMs = lifetimeMs;
    this.#logger = logger;
  }

  /** A stream of a call started. A failure is logged, and does not delay the call. */
  remember({ tenant, callSid }: CallKey, streamSid: string): void {
    const key = this.#keyOf(tenant, streamSid);
    this.#own.set(key, callSid);
    const [oldest] = this.#own.keys();
    if (this.#own.size > MAX_OWN_STREAMS && oldest !== undefined) this.#own.delete(oldest);
    this.#redis
      .set(key, callSid, 'PX', this.#lifetimeMs)
      .catch((err: unknown) =>
        this.#logger.debug({ event: 'stream_call_not_stored', err }, 'the call of a stream was not stored'),
      );
  }

  /** The call of a stream of this tenant; undefined if it is unknown. */
  async find(tenant: string, streamSid: string): Promise<string | undefined> {
    const key = this.#keyOf(tenant, streamSid);
    return this.#own.get(key) ?? (await this.#ask(key));
  }

  async #ask(key: string): Promise<string | undefined> {
    const asked = this.#redis.get(key).catch((err: unknown) => {
      this.#logger.debug(
        { event: 'stream_call_not_found', err },
        'the call of a stream could not be looked up',
      );
      return null;
    });
    const answer = await withDeadline(asked, FIND_TIMEOUT_MS);
    return answer.timedOut ? undefined : (answer.value ?? undefined);
  }
}
