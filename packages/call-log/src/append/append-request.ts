import { type CallKey } from '@turnlog/call-events';
import { type Barrier } from '@turnlog/redis-kit';
import { type NewEvent } from './new-event.ts';

/** Events of one call, from one source and in its order. */
export interface AppendRequest {
  readonly call: CallKey;
  readonly events: readonly NewEvent[];
  /** `ordered`: the source sequence shows duplicates; a hole returns `gap`. `unordered`: the id shows duplicates. */
  readonly mode: 'ordered' | 'unordered';
  /** Append only if the call was not seen since then (Unix ms); for the sweep of lost calls. */
  readonly unseenSinceMs?: number;
  /** The events were acknowledged and come from a spool, or Redis lost them: no limit applies to them. */
  readonly isAcknowledged?: boolean;
  /** The tenant has reached its limit in Redis: only events that open or end a call are accepted. */
  readonly isTenantFull?: boolean;
}

/** Limits of one call's log. */
export interface AppendLimits {
  /** Append also while Redis is out of memory. For ends: without them no memory is freed. */
  readonly runsWithoutMemory?: boolean;
  /** The most events of a call; ends are accepted beyond it. */
  readonly maxEvents: number;
  /** The most UTF-8 bytes of a call's log, 16 MiB by default; ends are accepted beyond it. */
  readonly maxBytes?: number;
  /** The barrier behind every pipeline, which must pass before an append is acknowledged: see `findBarrier`. */
  readonly barrier?: () => Barrier | undefined;
}

/** For events that our own services find out: they are few, and a full call needs them too. */
export const NO_LIMITS: AppendLimits = {
  maxEvents: Number.MAX_SAFE_INTEGER,
  maxBytes: Number.MAX_SAFE_INTEGER,
};
