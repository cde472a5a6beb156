import { type Rng } from '../random/rng.ts';

/**
 * What happens to a connection on which a certain request is sent.
 * - `hold-request`: the request, and all after it, never reaches the server.
 * - `hold-reply`: the server gets the request, and its reply never reaches the client.
 * - `cut-reply`: the same, and the connection is reset when the reply comes: the client can't know what became of it.
 */
export type TrapAction = 'hold-request' | 'hold-reply' | 'cut-reply';

export interface TrapOptions {
  /** Says of a chunk on its way to the server whether it is the one. */
  readonly matches: (chunk: Buffer) => boolean;
  readonly action: TrapAction;
  /** How likely it springs at a match; 1 by default. */
  readonly probability?: number;
  /** After how many matches it is gone; never by default. */
  readonly times?: number;
}

/** A trap that lies in wait. */
export interface Trap {
  readonly action: TrapAction;
  /** How often it has sprung. */
  readonly count: number;
  /** Resolves when it springs for the first time. */
  readonly sprung: Promise<void>;
  /** True when it springs at this chunk. */
  tries(chunk: Buffer): boolean;
  /** Notes what it holds up. */
  holds(lane: Held): void;
  /** Lets go of what it holds, and is gone. */
  release(): void;
}

/** What a trap holds up, and can let go of. */
export interface Held {
  freeze(): void;
  thaw(): void;
}

/** Sets a trap. */
export function createTrap(
  { matches, action, probability = 1, times = Infinity }: TrapOptions,
  rng: Rng,
): Trap {
  let count = 0;
  let isRemoved = false;
  const held: Held[] = [];
  let spring: () => void = () => undefined;
  const sprung = new Promise<void>((resolve) => (spring = resolve));
  return {
    action,
    get count() {
      return count;
    },
    sprung,
    tries: (chunk) => {
      if (isRemoved || count >= times || !matches(chunk) || !rng.chance(probability)) return false;
      count += 1;
      spring();
      return true;
    },
    holds: (lane) => {
      lane.freeze();
      held.push(lane);
    },
    release: () => {
      isRemoved = true;
      for (const lane of held.splice(0)) lane.thaw();
    },
  };
}

/** Matches requests in which these texts stand, all of them. */
export function mentions(...texts: readonly string[]): (chunk: Buffer) => boolean {
  return (chunk) => texts.every((text) => chunk.includes(text));
}
