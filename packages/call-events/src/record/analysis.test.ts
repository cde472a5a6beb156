import { describe, expect, it } from '@jest/globals';
import { createEvent } from '../events/create-event.ts';
import { type EventData, type EventType, type KnownEvent } from '../events/call-event.ts';
import { initialState } from '../fold/call-state.ts';
import { foldEvents } from '../fold/fold-call.ts';
import { toCallRecord, type CallRecord } from './call-record.ts';

const call = { tenant: 'acme', callSid: 'CA1' };
const START_MS = Date.parse('2026-01-25T11:15:00.000Z');

interface Place {
  readonly atSecond?: number;
  readonly id?: string;
  readonly revision?: number;
  readonly source?: string;
}

let count = 0;
function eventOf<T extends EventType>(type: T, data: EventData<T>, place: Place = {}): KnownEvent {
  count += 1;
  const { atSecond = count, id = `e${count}`, revision, source = 'c1' } = place;
  const origin = { call, source, sourceSeq: count, atMs: START_MS + atSecond * 1000, id };
  return { ...createEvent(type, data, origin), ...(revision !== undefined && { revision }) } as KnownEvent;
}

/** The record, which is the same for the events in the opposite order. */
function recordOf(...events: KnownEvent[]): CallRecord {
  const record = toCallRecord(foldEvents(initialState(call), events));
  expect(toCallRecord(foldEvents(initialState(call), events.toReversed()))).toEqual(record);
  return record;
}

const started = () => eventOf('call.started', { connectionId: 'c1' });
const ended = (reason = 'callended') => eventOf('call.ended', { connectionId: 'c1', reason });
const disconnected = (reason: string) => eventOf('call.disconnected', { connectionId: 'c1', reason });

describe('how a call ended', () => {
  it('is clean if the carrier or the agent ended it', () => {
    expect(recordOf(started(), ended()).endedCleanly).toBe(true);
    expect(recordOf(started(), disconnected('agent_hung_up')).endedCleanly).toBe(true);
    expect(recordOf(eventOf('call.status_reported', { status: 'completed' })).endedCleanly).toBe(true);
  });

  it.each(['socket_closed', 'idle', 'gateway_lost', 'agent_lost', 'internal_error', 'quiet'])(
    'is not clean after %s, although its status is completed',
    (reason) => {
      expect(recordOf(started(), disconnected(reason))).toMatchObject({
        status: 'completed',
        endedCleanly: false,
      });
    },
  );

  it('is unknown while it is in progress, and not clean if it failed', () => {
    expect(recordOf(started()).endedCleanly).toBeUndefined();
    expect(recordOf(eventOf('call.status_reported', { status: 'no_answer' })).endedCleanly).toBe(false);
  });

  it('has the cause that the carrier gave', () => {
    const failed = eventOf('call.status_reported', { status: 'failed', cause: 'NETWORK_ERROR' });
    expect(recordOf(failed)).toMatchObject({ failureCause: 'NETWORK_ERROR', endedCleanly: false });
    const stream = { status: 'completed', error: '3009: failed to establish ws connection' } as const;
    expect(recordOf(eventOf('call.status_reported', stream))).toMatchObject({
      failureCause: '3009: failed to establish ws connection',
      endedCleanly: false,
    });
    const none = eventOf('call.status_reported', { status: 'completed', error: 'none' });
    expect(recordOf(none)).toMatchObject({ failureCause: undefined, endedCleanly: true });
  });
});

describe('the reason of an outcome', () => {
  it('is that of the newest outcome, and absent if it gave none', () => {
    const first = eventOf('outcome.decided', { outcome: 'lost', reason: 'too dear' }, { id: 'outcome:1' });
    expect(recordOf(first)).toMatchObject({ outcome: 'lost', outcomeReason: 'too dear' });
    const revised = eventOf('outcome.decided', { outcome: 'won' }, { id: 'outcome:1', revision: 1 });
    expect(recordOf(first, revised)).toMatchObject({ outcome: 'won', outcomeReason: undefined });
  });
});

describe('the stages and tools of a call', () => {
  it('are listed with their times, each once', () => {
    const record = recordOf(
      eventOf('stage.changed', { stage: 'closing' }, { atSecond: 9 }),
      eventOf('stage.changed', { stage: 'opening' }, { atSecond: 1, id: 'stage:1' }),
      eventOf('stage.changed', { stage: 'greeting' }, { atSecond: 2, id: 'stage:1', revision: 1 }),
    );
    expect(record.stages).toEqual([
      { stage: 'greeting', timestamp: '2026-01-25T11:15:01.000Z' },
      { stage: 'closing', timestamp: '2026-01-25T11:15:09.000Z' },
    ]);
  });

  it('contain neither the arguments nor the results of tools', () => {
    const record = recordOf(
      eventOf('tool.called', { name: 'lookup', arguments: { phone: '1' }, durationMs: 12 }, { atSecond: 3 }),
      eventOf('tool.called', { name: 'book', error: 'no slot for 98' }, { atSecond: 4, id: 'tool:1' }),
      eventOf('tool.called', { name: 'book', result: 'ok' }, { atSecond: 5, id: 'tool:1', revision: 1 }),
    );
    expect(record.toolCalls).toEqual([
      { name: 'lookup', timestamp: '2026-01-25T11:15:03.000Z', duration_ms: 12 },
      { name: 'book', timestamp: '2026-01-25T11:15:04.000Z' },
    ]);
    expect(record.metrics.tool_calls).toBe(2);
  });
});

describe('the keys that were pressed', () => {
  const press = (...keys: [atSecond: number, digit: string][]) =>
    recordOf(...keys.map(([atSecond, digit]) => eventOf('dtmf.pressed', { digit }, { atSecond })));

  it('are entries, separated by pauses', () => {
    expect(press([1, '1'], [20, '2'], [22, '#'], [50, '*']).keysPressed).toBe('1 2# *');
    expect(recordOf(started()).keysPressed).toBeUndefined();
  });

  it('do not contain the digits of a long number', () => {
    const pin = press([1, '1'], [10, '4'], [11, '3'], [12, '2'], [13, '1'], [14, '#']);
    expect(pin.keysPressed).toBe('1 xxxx#');
    expect(press([1, '7'], [2, '3'], [3, '7'], [20, '1'], [21, '2']).keysPressed).toBe('xxx 12');
  });
});

describe('whether the agent was reached', () => {
  const unreachable = () => eventOf('agent.unreachable', { connectionId: 'c1', reason: 'refused' });
  const turn = (source: string) => eventOf('turn.completed', { speaker: 'ai', text: 'Hello' }, { source });

  it('is false if the gateway could not reach it, also if others report about the call', () => {
    expect(recordOf(started(), unreachable(), turn('http:gateway-1')).agentReached).toBe(false);
  });

  it('makes an end not clean if it is false, also when the carrier ended the call', () => {
    expect(recordOf(started(), unreachable(), ended())).toMatchObject({
      status: 'completed',
      endedCleanly: false,
    });
    expect(recordOf(started(), unreachable()).endedCleanly).toBeUndefined();
  });

  it('is true if it reported or spoke before it was lost', () => {
    expect(recordOf(started(), turn('c1'), unreachable()).agentReached).toBe(true);
    const audio = { connectionId: 'c1', sampleRate: 8000, inboundBytes: 0, inboundMs: 0, frames: 1 };
    const spoke = eventOf('audio.summarised', { ...audio, outboundBytes: 320, outboundMs: 20 });
    expect(recordOf(started(), spoke).agentReached).toBe(true);
  });

  it('is unknown if there is no sign of one', () => {
    expect(recordOf(started(), turn('http:gateway-1'), ended()).agentReached).toBeUndefined();
    const overHttp = eventOf('call.disconnected', { connectionId: 'http', reason: 'agent_hung_up' });
    expect(recordOf(turn('http:gateway-1'), overHttp)).toMatchObject({
      agentReached: undefined,
      endedCleanly: true,
    });
  });
});
