import { describe, expect, it } from '@jest/globals';
import { createRng } from './rng.ts';

const draw = (seed: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: 50 }, () => rng.int(0, 1_000_000));
};

describe('a seeded generator', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
  });

  it('stays within its bounds', () => {
    const rng = createRng(7);
    const drawn = Array.from({ length: 2_000 }, () => rng.int(3, 5));
    expect(new Set(drawn)).toEqual(new Set([3, 4, 5]));
  });

  it('is not affected in one part by the draws of another part', () => {
    const [quiet, busy] = [createRng(1), createRng(1)];
    busy.next();
    expect(busy.fork('load').next()).toBe(quiet.fork('load').next());
    expect(busy.fork('load').next()).not.toBe(quiet.fork('proxy').next());
  });

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = createRng(3).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
  });
});
