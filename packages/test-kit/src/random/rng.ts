/** Pseudo-random numbers that follow from a seed, so that a run can be repeated. */
export interface Rng {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  /** One of the items. Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** The items in another order. */
  shuffle<T>(items: readonly T[]): T[];
  /** Independent numbers for a part of the run: the draws of other parts do not change them. */
  fork(name: string): Rng;
}

/** A generator for a seed (mulberry32: 32 bits of state, which is plenty for choosing faults). */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new RangeError('cannot pick from an empty list');
      return item;
    },
    shuffle: (items) => {
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
    fork: (name) => createRng(hash(seed, name)),
  };
}

/** FNV-1a. */
function hash(seed: number, name: string): number {
  let value = (2166136261 ^ seed) >>> 0;
  for (const byte of Buffer.from(name)) value = Math.imul(value ^ byte, 16777619) >>> 0;
  return value;
}
