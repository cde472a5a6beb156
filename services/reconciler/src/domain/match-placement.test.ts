import { expect, test } from '@jest/globals';
import { type CarrierReport } from '@turnlog/exotel';
import { matchPlacement } from './match-placement.ts';

const placement = { reference: 'tl-1', dialled: '+919800000001', callerId: '08047000001' };
const call = (callSid: string, own: Partial<CarrierReport> = {}): CarrierReport => ({
  callSid,
  status: 'completed',
  from: '09800000001',
  direction: 'outbound-api',
  raw: { PhoneNumberSid: '+918047000001' },
  ...own,
});

test('the reference decides, where the list has it', () => {
  const calls = [call('a'), call('b', { raw: { CustomField: 'tl-1' } })];
  expect(matchPlacement(placement, calls)).toMatchObject({ kind: 'found', report: { callSid: 'b' } });
});

test('without it, the only call to that number from that ExoPhone is it, however both are spelt', () => {
  expect(matchPlacement(placement, [call('a')])).toMatchObject({ kind: 'found', report: { callSid: 'a' } });
});

test.each([
  ['of another reference', call('a', { raw: { CustomField: 'tl-2' } })],
  ['to another number', call('a', { from: '09800000002' })],
  ['without a number', (({ from: _, ...rest }) => rest)(call('a'))],
  ['from another ExoPhone', call('a', { raw: { PhoneNumberSid: '08047000002' } })],
  ['that came in', call('a', { direction: 'inbound' })],
])('a call %s is not it', (_what, other) => {
  expect(matchPlacement(placement, [other])).toEqual({ kind: 'none' });
});

test('of two that it could be, none is taken', () => {
  expect(matchPlacement(placement, [call('a'), call('b')])).toEqual({ kind: 'ambiguous', candidates: 2 });
});
