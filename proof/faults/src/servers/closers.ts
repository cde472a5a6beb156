/** What is to be closed, the newest first. */
export interface Closers {
  readonly add: (close: () => unknown) => void;
  /** Waits for something to start, and has it closed by this. */
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
