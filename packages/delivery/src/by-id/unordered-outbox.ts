import { isFaultOfTheCall, type AppendRequest, type Appender } from '@turnlog/call-log';
import { heldBytesOf } from '../retention/held-bytes.ts';
import { backoffDelayMs, sleep, type Backoff } from '@turnlog/service-kit';

const PARCELS_AT_ONCE = 64;
/** So many of those that Redis refuses for what they are about are tried along with others. */
const REFUSED_AT_ONCE = 8;

/** Events on their way to Redis that are on the disk meanwhile. */
interface Parcel {
  readonly request: AppendRequest;
  readonly onDelivered: () => void;
}

/** What an outbox tells of Redis. */
export interface OutboxObserver {
  onStalled(error: unknown): void;
  onAnswered(): void;
}

/**
 * Delivers events of unordered sources that were already accepted: again and again until Redis has them. Where Redis refuses
 * some for what they are about, such as a key of another type, others pass.
 */
export class UnorderedOutbox {
  readonly #appender: Appender;
  readonly #backoff: Backoff;
  readonly #observer: OutboxObserver;
  readonly #abandoned = new AbortController();
  #parcels: Parcel[] = [];
  /** Redis answered, and did not take them for a reason of their own. */
  #refused: Parcel[] = [];
  #bytes = 0;
  #underWay: Promise<void> | undefined;

  constructor(appender: Appender, backoff: Backoff, observer: OutboxObserver) {
    this.#appender = appender;
    this.#backoff = backoff;
    this.#observer = observer;
  }

  /** Nothing waits whose turn is before that of new events. */
  get isEmpty(): boolean {
    return this.#parcels.length === 0;
  }

  get events(): number {
    return [...this.#parcels, ...this.#refused].reduce((sum, { request }) => sum + request.events.length, 0);
  }

  /** The memory that events take here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over; `onDelivered` is called when Redis has the events. */
  deliver(request: AppendRequest, onDelivered: () => void): void {
    this.#parcels.push({ request, onDelivered });
    this.#bytes += bytesOf(request);
    this.#underWay ??= this.#run();
  }

  /** Resolves when Redis has everything, or delivery was abandoned. */
  async whenIdle(): Promise<void> {
    await this.#underWay;
  }

  /** Stops trying. Returns the number of events that Redis has not acknowledged. */
  abandon(): number {
    this.#abandoned.abort();
    return this.events;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abandoned;
    for (let attempt = 0; this.#hasParcels() && !signal.aborted; attempt += 1) {
      const hasPassed = await this.#deliverSome().catch((error: unknown) => {
        this.#observer.onStalled(error);
        return false;
      });
      if (hasPassed) attempt = -1;
      else await sleep(backoffDelayMs(attempt, this.#backoff), signal);
    }
    this.#underWay = undefined;
  }

  #hasParcels(): boolean {
    return this.#parcels.length + this.#refused.length > 0;
  }

  /** True when Redis takes events, and some arrived. */
  async #deliverSome(): Promise<boolean> {
    const next = this.#parcels.slice(0, PARCELS_AT_ONCE);
    const again = this.#refused.slice(0, REFUSED_AT_ONCE);
    const group = [...next, ...again];
    const outcomes = await Promise.allSettled(group.map(({ request }) => this.#appender.append(request)));
    const failed: Parcel[] = [];
    const refused: Parcel[] = [];
    let failure: unknown;
    for (const [index, parcel] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === 'fulfilled') {
        this.#bytes -= bytesOf(parcel.request);
        parcel.onDelivered();
      } else if (isFaultOfTheCall(outcome?.reason)) refused.push(parcel);
      else {
        failure ??= outcome?.reason;
        failed.push(parcel);
      }
    }
    this.#parcels = [...failed, ...this.#parcels.slice(next.length)];
    this.#refused = [...this.#refused.slice(again.length), ...refused];
    const arrived = group.length - failed.length - refused.length;
    if (failed.length > 0) this.#observer.onStalled(failure);
    else if (arrived > 0) this.#observer.onAnswered();
    return failed.length === 0 && arrived > 0;
  }
}

function bytesOf({ events }: AppendRequest): number {
  return events.reduce((sum, event) => sum + heldBytesOf(event), 0);
}
