import { expect, test } from '@jest/globals';
import { speechLikeNoise } from './synthesise.ts';

test('synthetic speech is loud in phrases and quiet between them', () => {
  const loudness = (from: number, to: number): number => {
    const samples = speechLikeNoise({ seconds: 3, sampleRate: 8000 }).subarray(from * 16000, to * 16000);
    return new Int16Array(new Uint8Array(samples).buffer).reduce((sum, x) => sum + Math.abs(x), 0);
  };
  expect(loudness(0.1, 0.6)).toBeGreaterThan(50 * loudness(2.05, 2.55));
});
