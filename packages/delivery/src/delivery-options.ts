import { type NewEvent, type RefusalReason, type AppendOutcome, type AppendRequest } from '@turnlog/call-log';
import { type CallKey } from '@turnlog/call-events';
import { type Backoff, type StartTimer } from '@turnlog/service-kit';

/** An appender that is told more of what a connection sends. */
export interface ProducerAppender {
  /** Before the end of the connection can be appended, these have to be. */
  append(request: AppendRequest & { readonly leadsToEnd?: boolean }): Promise<AppendOutcome>;
}

/** Bounds of one producer. */
export interface ProducerLimits {
  /** From here on no more of what can wait is taken: see `isOverloaded`. */
  readonly maxPendingBytes: number;
  /** The most that is kept of events that are acknowledged. */
  readonly maxRetainedBytes: number;
  readonly backoff: Backoff;
}

/** What is told of appends that have to be tried again. */
export interface AppendObserver {
  onRetry(failure: { readonly call: CallKey; readonly attempt: number; readonly error: unknown }): void;
  /** Redis does not take events, and says or shows why; or, without an error, not soon enough. */
  onStalled?(error?: unknown): void;
  /** Redis takes events. */
  onAnswered?(): void;
}

/** What a producer tells the one who counts and logs. */
export interface ProducerObserver extends AppendObserver {
  onSettled(receipt: Receipt): void;
  /** Redis has lost events that it had acknowledged; `lost` of them are not at hand any more. */
  onGap(gap: { readonly call: CallKey; readonly expected: number; readonly lost: number }): void;
}

export interface EventProducerOptions {
  readonly call: CallKey;
  /** The connection's id. */
  readonly source: string;
  readonly appender: ProducerAppender;
  readonly limits: ProducerLimits;
  readonly observer: ProducerObserver;
  /** Without it events are in memory alone while Redis is away. */
  readonly spool?: ProducerSpool | undefined;
  /** What the source is called after it had to give up its name, before a number; its name by default. */
  readonly alias?: string;
  /** {@link startTimer} by default. */
  readonly startTimer?: StartTimer;
}

/**
 * What became of an event. The seq is missing where a repeat is known by its place in its source alone, and while an
 * event is safe in the spool and not yet in Redis.
 */
export type Receipt =
  | {
      readonly status: 'appended' | 'duplicate';
      readonly seq: number | undefined;
      readonly isSpooled?: boolean;
    }
  | { readonly status: 'refused'; readonly reason: RefusalReason };

/** Where on the disk an event is; to be told when it is needed there no more. */
export interface SpoolHold {
  release(events: number): void;
}

/** Where copies of events go while Redis does not take them. */
export interface ProducerSpool {
  /** How long an append may take before it counts as one that does not happen. */
  readonly afterMs: number;
  /** Resolves when the events are on the disk; to `undefined` when they can't be stored. Never rejects. */
  store(events: readonly NewEvent[]): Promise<SpoolHold | undefined>;
}
