import { encodeEvent, type CallKey, type EventType, type KnownEvent } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { nanoid } from 'nanoid';
import { callKeys, memberOf, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { type ScriptArgument } from '../redis/script.ts';
import { readAppendReply, type AppendOutcome } from './append-result.ts';
import { appendScript } from './append-script.ts';
import { createScriptPipeline } from './script-pipeline.ts';

/** An event on its way into the log. */
export interface NewEvent {
  readonly event: KnownEvent;
  /** Whether a later event of the same id is a repeat. Unordered sources need it; so do ids that an agent chose. */
  readonly rememberId: boolean;
}

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
}

/** Limits of one call's log. */
export interface AppendLimits {
  /** The most events that a call takes; ends are taken beyond it. */
  readonly maxEvents: number;
}

/** Appends to the logs of calls. */
export interface Appender {
  /** Rejects when Redis did not answer: the events may be in the log or not, and may be sent again. */
  append(request: AppendRequest): Promise<AppendOutcome>;
}

const LIFECYCLE: Partial<Record<EventType, 'open' | 'close'>> = {
  'call.started': 'open',
  'call.ended': 'close',
  'call.disconnected': 'close',
};

/** An appender that sends what was asked for in one turn of the event loop as one pipeline. */
export function createAppender(redis: Redis, space: KeySpace, { maxEvents }: AppendLimits): Appender {
  const run = createScriptPipeline(redis, appendScript);
  return {
    append: async (request) =>
      readAppendReply(await run(keysOf(space, request.call), argumentsOf(request, maxEvents))),
  };
}

function keysOf(space: KeySpace, call: CallKey): string[] {
  const { head, log, ids } = callKeys(space, call);
  const { activity, persist, live } = partitionKeys(space, partitionOf(space, call));
  return [head, log, ids, activity, persist, live];
}

function argumentsOf(
  { call, events, mode, unseenSinceMs }: AppendRequest,
  maxEvents: number,
): ScriptArgument[] {
  const first = events[0]?.event;
  const isOrdered = mode === 'ordered';
  return [
    memberOf(call),
    nanoid(12),
    maxEvents,
    isOrdered ? (first?.source ?? '') : '',
    isOrdered ? (first?.sourceSeq ?? 0) : 0,
    unseenSinceMs ?? '',
    ...events.flatMap(eventArguments),
  ];
}

function eventArguments({ event, rememberId }: NewEvent): ScriptArgument[] {
  const connectionId = 'connectionId' in event.data ? event.data.connectionId : '';
  return [encodeEvent(event), rememberId ? event.id : '', LIFECYCLE[event.type] ?? '', connectionId];
}
