import { expect, test } from '@jest/globals';
import { withSampleRate } from './agent-sample-rate.ts';

test.each([
  ['ws://a/ws', 16_000, 'ws://a/ws?sample-rate={sampleRate}'],
  ['ws://a/ws?x=1', 24_000, 'ws://a/ws?x=1&sample-rate={sampleRate}'],
  ['ws://a/ws#x', 16_000, 'ws://a/ws?sample-rate={sampleRate}#x'],
  ['ws://a/ws', 8_000, 'ws://a/ws'],
  ['ws://a/ws?rate={sampleRate}', 16_000, 'ws://a/ws?rate={sampleRate}'],
  ['ws://a/ws?sample_rate=16000', 16_000, 'ws://a/ws?sample_rate=16000'],
] as const)('%s at %d', (template, rate, told) => {
  expect(withSampleRate(template, rate)).toBe(told);
});
