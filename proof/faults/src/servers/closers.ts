/** Things to close, the newest first. */
export interface Closers {
  readonly add: (close: () => unknown) => void;
  /** Waits for a start, and registers the result to be closed. */
  readonly keep: <T>(starting: Promise<T>, close: (thing: T) => unknown) => Promise<T>;
  readonly closeAll: () => Promise<void>;
}

export function createClosers(): Closers {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => void closers.push(close),
    keep: async (starting, close) => {
      const thing = await starting;
      closers.push(() => close(thing));
      return thing;
    },
    closeAll: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
