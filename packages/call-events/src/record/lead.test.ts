import { describe, expect, test } from '@jest/globals';
import { eventAt, given } from '../testing/index.ts';

const reported = eventAt('call.status_reported', { status: 'completed', from: '09855556666' }, 0);

function leadOf(customParameters: Record<string, string>): Readonly<Record<string, string>> {
  const data = { connectionId: 'c1', from: '+919822223333', customParameters };
  return given(eventAt('call.started', data, 0))
    .when(reported)
    .record().lead;
}

describe('the lead', () => {
  test("has the number that the call came from, by the carrier's report", () => {
    expect(leadOf({ name: 'Asha' })).toEqual({ name: 'Asha', phone: '09855556666' });
  });

  test('keeps a custom parameter of the name phone as it came', () => {
    expect(leadOf({ phone: '+919811112222' })).toEqual({ phone: '+919811112222' });
  });
});
