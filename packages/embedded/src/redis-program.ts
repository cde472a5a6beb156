/** A way to run a Redis server of version 7 or newer, or one that speaks its protocol, on this machine. */
export type RedisProgram =
  | {
      readonly kind: 'binary';
      readonly path: string;
      /** Where the libraries that came with the binary are; the system's own when absent. */
      readonly libraryPath?: string;
      /** Where it was found, for people. */
      readonly how: string;
    }
  | {
      readonly kind: 'docker';
      /** The docker command. */
      readonly path: string;
      readonly image: string;
      readonly how: string;
    };

/** Why one way of getting a Redis does not work here. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export function unavailable(reason: string): Unavailable {
  return { kind: 'unavailable', reason };
}

/** Told about each step that may take more than a moment. */
export type Log = (message: string) => void;
