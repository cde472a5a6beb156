import { type AppendOutcome, type AppendRequest, type NewEvent, type RefusalReason } from '@turnlog/call-log';
import { type CallKey } from '@turnlog/call-events';
import { type Backoff, type StartTimer } from '@turnlog/service-kit';

/** An appender. With `leadsToEnd`, the end of a connection waits for the append. */
export interface ProducerAppender {
  append(request: AppendRequest & { readonly leadsToEnd?: boolean }): Promise<AppendOutcome>;
}

/** Bounds of one producer. */
export interface ProducerLimits {
  /** Above this the producer is overloaded: agents are asked to send again later. */
  readonly maxPendingBytes: number;
  /** The most that is kept of acknowledged events. */
  readonly maxRetainedBytes: number;
  readonly backoff: Backoff;
}

/** Observes whether Redis accepts events. */
export interface AnswerObserver {
  /** Redis does not accept events, for the reason in `error`; without an error, not soon enough. */
  onStalled?(error?: unknown): void;
  onAnswered?(): void;
}

/** Observes appends. */
export interface AppendObserver extends AnswerObserver {
  onRetry(failure: { readonly call: CallKey; readonly attempt: number; readonly error: unknown }): void;
}

/** Observes a producer. */
export interface ProducerObserver extends AppendObserver {
  onResult(result: DeliveryResult): void;
  /** Redis lost acknowledged events; `lost` of them are not in memory any more. */
  onGap(gap: { readonly call: CallKey; readonly expected: number; readonly lost: number }): void;
}

/** What an {@link EventProducer} needs. */
export interface EventProducerOptions {
  readonly call: CallKey;
  /** The connection's id. */
  readonly source: string;
  readonly appender: ProducerAppender;
  readonly limits: ProducerLimits;
  readonly observer: ProducerObserver;
  /** Without it, events are only in memory while Redis is unavailable. */
  readonly spool?: ProducerSpool | undefined;
  /** The name, before a number, under which the source continues when it must be counted from 1 again; `source` by default. */
  readonly alias?: string;
  /** {@link startTimer} by default. */
  readonly startTimer?: StartTimer;
}

/**
 * The final result of an event. The seq is missing where a duplicate is known by its source sequence alone, and while an
 * event is in the spool and not yet in Redis.
 */
export type DeliveryResult =
  | {
      readonly status: 'appended' | 'duplicate';
      readonly seq: number | undefined;
      readonly isSpooled?: boolean;
    }
  | { readonly status: 'refused'; readonly reason: RefusalReason };

/** Copies of events in the spool. */
export interface SpoolHold {
  /** So many of them are not needed any more. */
  release(events: number): void;
}

/** Where copies of events are stored while Redis does not take them. */
export interface ProducerSpool {
  /** How long an append may take before its events are copied. */
  readonly afterMs: number;
  /** Resolves when the events are on the disk; to `undefined` where they can't be stored. Never rejects. */
  store(events: readonly NewEvent[]): Promise<SpoolHold | undefined>;
}
