import { type AppendRequest, type Appender } from '@turnlog/call-log';
import { heldBytesOf } from '../producer/held-bytes.ts';
import { backoffDelayMs, sleep, type Backoff } from '@turnlog/service-kit';

const PARCELS_AT_ONCE = 64;

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

/** Delivers events of unordered sources that were already accepted: again and again until Redis has them. */
export class UnorderedOutbox {
  readonly #appender: Appender;
  readonly #backoff: Backoff;
  readonly #observer: OutboxObserver;
  readonly #abandoned = new AbortController();
  #parcels: Parcel[] = [];
  #bytes = 0;
  #underWay: Promise<void> | undefined;

  constructor(appender: Appender, backoff: Backoff, observer: OutboxObserver) {
    this.#appender = appender;
    this.#backoff = backoff;
    this.#observer = observer;
  }

  get isEmpty(): boolean {
    return this.#parcels.length === 0;
  }

  get events(): number {
    return this.#parcels.reduce((sum, { request }) => sum + request.events.length, 0);
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
    for (let attempt = 0; this.#parcels.length > 0 && !signal.aborted; attempt += 1) {
      const isDelivered = await this.#deliverSome().catch((error: unknown) => {
        this.#observer.onStalled(error);
        return false;
      });
      if (isDelivered) attempt = -1;
      else await sleep(backoffDelayMs(attempt, this.#backoff), signal);
    }
    this.#underWay = undefined;
  }

  /** True when all of them arrived. */
  async #deliverSome(): Promise<boolean> {
    const group = this.#parcels.slice(0, PARCELS_AT_ONCE);
    const outcomes = await Promise.allSettled(group.map(({ request }) => this.#appender.append(request)));
    const failed = group.filter((_, index) => outcomes[index]?.status === 'rejected');
    for (const [index, { request, onDelivered }] of group.entries()) {
      if (outcomes[index]?.status !== 'fulfilled') continue;
      this.#bytes -= bytesOf(request);
      onDelivered();
    }
    this.#parcels = [...failed, ...this.#parcels.slice(group.length)];
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure === undefined) this.#observer.onAnswered();
    else this.#observer.onStalled(failure.reason);
    return failure === undefined;
  }
}

function bytesOf({ events }: AppendRequest): number {
  return events.reduce((sum, event) => sum + heldBytesOf(event), 0);
}
