/*
 * How events get from a gateway into the log: they are sent until they are acknowledged.
 *
 *             wake                 outcome, nothing left
 *   ┌──────┐ ─────▶ ┌─────────┐ ─────────────────────────▶ ┌──────┐
 *   │ idle │        │ sending │ ◀── outcome, more to send    │ idle │
 *   └──────┘        └─────────┘                              └──────┘
 *                     │     ▲
 *           no answer ▼     │ after a delay: the same events again
 *                   ┌─────────┐
 *                   │ waiting │           any state ── abandon ──▶ abandoned
 *                   └─────────┘
 *
 * - One attempt is pending at a time. Events that are added meanwhile go with the next one.
 * - An append without an answer may have happened or not. It is sent again without limit: the log recognizes its
 *   duplicates, by source sequence or by id.
 * - While Redis does not answer, or not soon enough, the loop is stalled: unacknowledged events are copied to the spool.
 *   They are sent all the same, and a copy is released when the log has its event.
 * - An abandoned loop sends nothing and reads no answer. It never becomes idle.
 */
import { type CallKey } from '@turnlog/call-events';
import { backoffDelayMs, startTimer, type Backoff, type StartTimer } from '@turnlog/service-kit';
import { type AnswerObserver, type AppendObserver } from '../delivery-options.ts';

/** Observes the attempts of a loop. */
export interface LoopObserver extends AnswerObserver {
  onRetry?(attempt: number, error: unknown): void;
}

/** What is delivered, and how its outcome is read: see by-sequence and by-id. */
export interface DeliveryLoopOptions<Outcome> {
  /** Sends the next events; `undefined` where none are unacknowledged. */
  readonly send: () => Promise<Outcome> | undefined;
  /** Applies an outcome. An outcome for which it throws counts as no answer. */
  readonly onOutcome: (outcome: Outcome, isRetry: boolean) => void;
  readonly onIdle?: () => void;
  readonly backoff: Backoff;
  readonly observer: LoopObserver;
  /** The copies of what is unacknowledged, where there is a spool. */
  readonly copies?: { storeAll(): void };
  /** How long an attempt may take before the loop counts as stalled; forever by default. */
  readonly stallAfterMs?: number | undefined;
  /** {@link startTimer} by default. */
  readonly startTimer?: StartTimer | undefined;
}

/** Sends events until they are acknowledged, however long that takes. */
export class DeliveryLoop<Outcome> {
  readonly #options: DeliveryLoopOptions<Outcome>;
  readonly #startTimer: StartTimer;
  #state: 'idle' | 'sending' | 'waiting' | 'abandoned' = 'idle';
  #attempt = 0;
  #isStalled = false;
  #cancelRetry: () => void = () => undefined;
  #cancelStall: () => void = () => undefined;
  #idleListeners: (() => void)[] = [];

  constructor(options: DeliveryLoopOptions<Outcome>) {
    this.#options = options;
    this.#startTimer = options.startTimer ?? startTimer;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Redis does not accept events, or not soon enough: new ones need a copy at once. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Starts sending, unless that is in progress. */
  wake(): void {
    if (this.isIdle) this.#send();
  }

  /** Ends the delay before the next attempt. */
  retryNow(): void {
    if (this.#state !== 'waiting') return;
    this.#cancelRetry();
    this.#send();
  }

  /** Resolves when everything is acknowledged. Never, once the loop is abandoned. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  abandon(): void {
    this.#cancelRetry();
    this.#cancelStall();
    this.#state = 'abandoned';
  }

  #send(): void {
    const outcome = this.#options.send();
    if (outcome === undefined) {
      this.#becomeIdle();
      return;
    }
    this.#state = 'sending';
    const { stallAfterMs } = this.#options;
    if (stallAfterMs !== undefined && !this.#isStalled)
      this.#cancelStall = this.#startTimer(stallAfterMs, () => this.#stall());
    outcome.then((received) => this.#onOutcome(received)).catch((error: unknown) => this.#onNoAnswer(error));
  }

  #onOutcome(outcome: Outcome): void {
    if (this.#state === 'abandoned') return;
    const { onOutcome, observer } = this.#options;
    this.#cancelStall();
    this.#isStalled = false;
    onOutcome(outcome, this.#attempt > 0);
    this.#attempt = 0;
    observer.onAnswered?.();
    this.#send();
  }

  #onNoAnswer(error: unknown): void {
    if (this.#state === 'abandoned') return;
    const { observer, backoff } = this.#options;
    observer.onRetry?.(this.#attempt, error);
    this.#state = 'waiting';
    this.#cancelStall();
    this.#stall(error);
    const delayMs = backoffDelayMs(this.#attempt, backoff);
    this.#cancelRetry = this.#startTimer(delayMs, () => this.#send());
    this.#attempt += 1;
  }

  #stall(error?: unknown): void {
    this.#isStalled = true;
    this.#options.observer.onStalled?.(error);
    this.#options.copies?.storeAll();
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    this.#options.onIdle?.();
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}

/** Observes the loop of one call for an observer of all. */
export function observeLoop(call: CallKey, observer: AppendObserver): LoopObserver {
  return {
    onRetry: (attempt, error) => observer.onRetry({ call, attempt, error }),
    onStalled: (error) => observer.onStalled?.(error),
    onAnswered: () => observer.onAnswered?.(),
  };
}
