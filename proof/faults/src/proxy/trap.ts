import { type Rng } from '@turnlog/test-kit';

/**
 * What happens to a connection that sends a certain request.
 * - `hold-request`: the request, and all later ones, do not reach the server until the trap is released.
 * - `hold-reply`: the server gets the request, and its reply does not reach the client until then.
 * - `cut-reply`: the same, and the connection is reset when the reply comes: the client cannot know the
 *   outcome.
 */
export type TrapAction = 'hold-request' | 'hold-reply' | 'cut-reply';

export interface TrapOptions {
  /** Matches a request that contains all these texts in one chunk. */
  readonly mentions: readonly string[];
  readonly action: TrapAction;
  /** The probability that a match triggers it; 1 by default. */
  readonly probability?: number;
  /** After how many matches it is removed; never by default. */
  readonly times?: number;
  /** Called each time that it is triggered, with the count. */
  readonly onSpring?: (count: number) => void;
}

/** A trap that is set. */
export interface Trap {
  readonly action: TrapAction;
  /** How often it was triggered. */
  readonly count: number;
  /** Resolves when it is triggered for the first time. */
  readonly sprung: Promise<void>;
  /** True if this chunk triggers it. */
  tries(chunk: Buffer): boolean;
  /** Adds a connection that it holds. */
  holds(lane: Held): void;
  /** Releases what it holds, and is removed. */
  release(): void;
}

/** A connection that a trap can hold and release. */
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
  // No workspace imports here: each proxy is a thread that has to load them.
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
