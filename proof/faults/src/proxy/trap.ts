import { type Rng } from '@turnlog/test-kit';

/**
 * What happens to a connection on which a certain request is sent.
 * - `hold-request`: the request, and all after it, does not reach the server until the trap is released.
 * - `hold-reply`: the server gets the request, and its reply does not reach the client until then.
 * - `cut-reply`: the same, and the connection is reset when the reply comes: the client can't know what became of it.
 */
export type TrapAction = 'hold-request' | 'hold-reply' | 'cut-reply';

export interface TrapOptions {
  /** The request is the one in which all these texts stand, in one chunk on its way to the server. */
  readonly mentions: readonly string[];
  readonly action: TrapAction;
  /** How likely it springs at a match; 1 by default. */
  readonly probability?: number;
  /** After how many matches it is gone; never by default. */
  readonly times?: number;
  /** Told, each time that it springs, how often it has. */
  readonly onSpring?: (count: number) => void;
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
  { mentions, action, probability = 1, times = Infinity, onSpring }: TrapOptions,
  rng: Rng,
): Trap {
  let count = 0;
  let isRemoved = false;
  const held: Held[] = [];
  // Nothing of ours is imported here: each proxy is a thread that has to load it.
  let spring: () => void = () => undefined;
  const sprung = new Promise<void>((resolve) => (spring = resolve));
  const matches = (chunk: Buffer): boolean => mentions.every((text) => chunk.includes(text));
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
      onSpring?.(count);
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
