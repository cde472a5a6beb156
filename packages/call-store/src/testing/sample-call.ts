import {
  createEvent,
  encodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  type CallKey,
  type CallRecord,
  type EventData,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';
import { toRow } from '../write/call-row.ts';
import { type CallWrite } from '../write/call-write.ts';

const START_MS = Date.parse('2026-01-25T11:15:00.000Z');

/** An event of a call, the n-th of the source `gateway`: a second after the one before it. */
export function eventOf<T extends EventType>(
  call: CallKey,
  n: number,
  type: T,
  data: EventData<T>,
): KnownEvent {
  const origin = { call, source: 'gateway', sourceSeq: n, atMs: START_MS + n * 1000, id: `event-${n}` };
  return createEvent(type, data, origin) as KnownEvent;
}

/** A short call with a value for every column. */
export function sampleEvents(call: CallKey): KnownEvent[] {
  return [
    eventOf(call, 1, 'call.started', {
      connectionId: 'c1',
      from: '+910000000001',
      to: '+910000000002',
      customParameters: { lead_id: '42' },
    }),
    eventOf(call, 2, 'turn.completed', { speaker: 'ai', text: 'Hello! What is your budget?' }),
    eventOf(call, 3, 'turn.completed', { speaker: 'user', text: 'Around 50 lakhs', interrupted: true }),
    eventOf(call, 4, 'data.collected', { fields: { budget: 5_000_000, location: 'Mumbai' } }),
    eventOf(call, 5, 'objection.raised', { text: 'too far' }),
    eventOf(call, 6, 'outcome.decided', { outcome: 'qualified', reason: 'has 50 lakhs' }),
    eventOf(call, 7, 'call.ended', { connectionId: 'c1', reason: 'callended' }),
  ];
}

export function foldEvents(call: CallKey, events: readonly KnownEvent[]): CallRecord {
  return toCallRecord(events.reduce(foldCall, initialState(call)));
}

/** What a persister passes to the store for these events. */
export function writeOf(
  call: CallKey,
  events: readonly KnownEvent[],
  { epoch = 'epoch-1', fromSeq = 1 } = {},
): CallWrite {
  const texts = events.map(encodeEvent);
  return {
    row: toRow(foldEvents(call, events)),
    epoch,
    segment: { fromSeq, toSeq: fromSeq + texts.length - 1, events: texts.slice(0) },
  };
}
