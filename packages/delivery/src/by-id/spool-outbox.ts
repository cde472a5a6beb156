import { isFaultOfTheCall, type AppendOutcome, type Appender, type AppendRequest } from '@turnlog/call-log';
import { type Backoff } from '@turnlog/service-kit';
import { type AnswerObserver } from '../delivery-options.ts';
import { DeliveryLoop } from '../loop/delivery-loop.ts';
import { heldBytesOf } from '../retention/held-bytes.ts';

const REQUESTS_AT_ONCE = 64;
/** The most refused requests that are tried again beside the others. */
const REFUSED_AT_ONCE = 8;

/** A request whose events are in the spool until Redis has them. */
interface Delivery {
  readonly request: AppendRequest;
  readonly onDelivered: () => void;
}

/** Redis answers, and the next attempt has to wait nevertheless. */
class NothingTakenError extends Error {}

type Settled = PromiseSettledResult<AppendOutcome>;

/** Delivers acknowledged events by id, in turn. Events that Redis refuses for their content do not hold up the others. */
export class SpoolOutbox {
  readonly #appender: Appender;
  readonly #loop: DeliveryLoop<readonly Settled[]>;
  #waiting: Delivery[] = [];
  /** Refused for their content, such as a key of another type. */
  #refused: Delivery[] = [];
  #sent: readonly Delivery[] = [];
  #bytes = 0;

  constructor(appender: Appender, backoff: Backoff, observer: AnswerObserver) {
    this.#appender = appender;
    this.#loop = new DeliveryLoop({
      send: () => this.#send(),
      onOutcome: (outcomes) => this.#onOutcome(outcomes),
      backoff,
      observer: {
        onAnswered: () => observer.onAnswered?.(),
        onStalled: (error) => (error instanceof NothingTakenError ? undefined : observer.onStalled?.(error)),
      },
    });
  }

  /** Whether no event waits whose turn is before that of a new one. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get events(): number {
    return [...this.#waiting, ...this.#refused].reduce((sum, { request }) => sum + request.events.length, 0);
  }

  /** The memory that the events take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Calls `onDelivered` when Redis has the events. */
  deliver(request: AppendRequest, onDelivered: () => void): void {
    this.#waiting.push({ request, onDelivered });
    this.#bytes += bytesOf(request);
    this.#loop.wake();
  }

  /** Resolves when Redis has everything. Never, once delivery is abandoned. */
  whenIdle(): Promise<void> {
    return this.#loop.whenIdle();
  }

  /** Stops sending. Returns the number of events that Redis has not acknowledged. */
  abandon(): number {
    this.#loop.abandon();
    return this.events;
  }

  #send(): Promise<readonly Settled[]> | undefined {
    this.#sent = [...this.#waiting.slice(0, REQUESTS_AT_ONCE), ...this.#refused.slice(0, REFUSED_AT_ONCE)];
    if (this.#sent.length === 0) return undefined;
    return Promise.allSettled(this.#sent.map(({ request }) => this.#appender.append(request)));
  }

  /** Throws where Redis took nothing, or not everything that it could have taken. */
  #onOutcome(outcomes: readonly Settled[]): void {
    const failed: Delivery[] = [];
    const refused: Delivery[] = [];
    let failure: unknown;
    this.#sent.forEach((delivery, index) => {
      const outcome = outcomes[index];
      if (outcome?.status === 'fulfilled') {
        this.#bytes -= bytesOf(delivery.request);
        delivery.onDelivered();
      } else if (isFaultOfTheCall(outcome?.reason)) refused.push(delivery);
      else {
        failure ??= outcome?.reason;
        failed.push(delivery);
      }
    });
    const sent = new Set(this.#sent);
    this.#waiting = [...failed, ...this.#waiting.filter((delivery) => !sent.has(delivery))];
    this.#refused = [...this.#refused.filter((delivery) => !sent.has(delivery)), ...refused];
    if (failed.length > 0) throw toError(failure);
    if (refused.length === sent.size) throw new NothingTakenError('Redis refuses all of these events');
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function bytesOf({ events }: AppendRequest): number {
  return events.reduce((sum, event) => sum + heldBytesOf(event), 0);
}
