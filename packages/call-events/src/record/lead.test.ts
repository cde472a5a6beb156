import { describe, expect, test } from '@jest/globals';
import { createEvent } from '../events/create-event.ts';
import { initialState } from '../fold/call-state.ts';
import { foldCall } from '../fold/fold-call.ts';
import { toCallRecord } from './call-record.ts';

const call = { tenant: 'default', callSid: 'CA1' };
const origin = { call, source: 'gateway-1', atMs: Date.UTC(2026, 0, 25) };
const reported = createEvent('call.status_reported', { status: 'completed', from: '09855556666' }, origin);

function leadOf(customParameters: Record<string, string>): Readonly<Record<string, string>> {
  const data = { connectionId: 'c1', from: '+919822223333', customParameters };
  const started = createEvent('call.started', data, { ...origin, sourceSeq: 1 });
  return toCallRecord([started, reported].reduce(foldCall, initialState(call))).lead;
}

describe('the lead', () => {
  test("has the number that the call came from, by the carrier's report", () => {
    expect(leadOf({ name: 'Asha' })).toEqual({ name: 'Asha', phone: '09855556666' });
  });

  test('keeps a custom parameter of the name phone as it came', () => {
    expect(leadOf({ phone: '+919811112222' })).toEqual({ phone: '+919811112222' });
  });
});
