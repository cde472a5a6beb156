import { describe, expect, it } from '@jest/globals';
import { createEvent, type EventData, type EventType, type KnownEvent } from '@turnlog/call-events';
import { formatChange } from './change-line.ts';
import { wallClock } from './clock.ts';

function eventOf<T extends EventType>(type: T, data: EventData<T>): KnownEvent {
  const call = { tenant: 'default', callSid: 'CA1' };
  return createEvent(type, data, {
    call,
    source: 's',
    atMs: Date.UTC(2026, 0, 25, 11, 15, 12),
  }) as KnownEvent;
}

describe('formatChange', () => {
  it.each([
    [eventOf('call.started', { connectionId: 'c', from: '+91', to: '+92' }), '📞 call started, +91 → +92'],
    [eventOf('turn.completed', { speaker: 'ai', text: 'Hello\u0007' }), '🤖 AI:         Hello<U+0007>'],
    [eventOf('data.collected', { fields: { budget: 5, city: 'Mumbai' } }), '📊 budget: 5, city: Mumbai'],
    [eventOf('stage.changed', { stage: 'discovery' }), '🧭 stage: discovery'],
    [eventOf('outcome.decided', { outcome: 'qualified' }), '🎯 outcome: qualified'],
    [eventOf('call.ended', { connectionId: 'c', reason: 'callended' }), '🏁 call ended (callended)'],
    [eventOf('call.disconnected', { connectionId: 'c', reason: 'idle' }), '🔌 disconnected (idle)'],
    [
      eventOf('agent.unreachable', { connectionId: 'c', reason: 'refused' }),
      '🚫 the agent could not be reached (refused)',
    ],
  ])('shows %#', (event, what) => {
    expect(formatChange(event, wallClock('UTC'))).toBe(`[11:15:12] CA1  ${what}`);
  });

  it('leaves out events that are not useful to a person', () => {
    expect(formatChange(eventOf('mark.played', { name: 'm' }), wallClock('UTC'))).toBeUndefined();
  });
});
