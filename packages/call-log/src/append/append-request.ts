import { type CallKey } from '@turnlog/call-events';
import { type Barrier } from '@turnlog/redis-kit';
import { type NewEvent } from './new-event.ts';

/** Events of one call. They share one source, and are in its order. */
export interface AppendRequest {
  readonly call: CallKey;
  readonly events: readonly NewEvent[];
  /**
   * `ordered`: the source counts its events, a repeat is known by its place and a hole is answered with `gap`.
   * `unordered`: a repeat is known by the event's id.
   */
  readonly mode: 'ordered' | 'unordered';
  /** Append only when the call was not seen since then (Unix ms): for the sweep of lost calls. */
  readonly unseenSinceMs?: number;
  /**
   * Their sender was told already that they are stored, so they are taken beyond every limit: those that waited in a spool,
   * and those that Redis has lost.
   */
  readonly isAcknowledged?: boolean;
  /** Their tenant has as much in Redis as it may: only what opens or ends is taken. */
  readonly isTenantFull?: boolean;
}

/** Limits of one call's log. */
export interface AppendLimits {
  /** Appends also while Redis is out of memory: for ends, without which calls are not persisted and their memory is not freed. */
  readonly runsWithoutMemory?: boolean;
  /** The most events that a call takes; ends are taken beyond it. */
  readonly maxEvents: number;
  /** The most that a call's log takes, in bytes of UTF-8; ends are taken beyond it. 16 MiB by default. */
  readonly maxBytes?: number;
  /** What has to be passed before an append is acknowledged: see `findBarrier`. Asked for with every pipeline. */
  readonly barrier?: () => Barrier | undefined;
}

/** For what our own services find out about a call: it is little, and a full call needs it too. */
export const NO_LIMITS: AppendLimits = {
  maxEvents: Number.MAX_SAFE_INTEGER,
  maxBytes: Number.MAX_SAFE_INTEGER,
};
