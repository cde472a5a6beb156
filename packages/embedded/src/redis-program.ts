/** A way to run a Redis server of version 7 or newer, or a compatible one, on this machine. */
export type RedisProgram =
  | {
      readonly kind: 'binary';
      readonly path: string;
      /** The libraries of the binary; the system's own if absent. */
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

/** Why one source of Redis does not work here. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export function unavailable(reason: string): Unavailable {
  return { kind: 'unavailable', reason };
}

/** Called before each step that may take more than a moment. */
export type Log = (message: string) => void;
