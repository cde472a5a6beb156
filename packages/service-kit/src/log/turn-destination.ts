import { type DestinationStream } from 'pino';

/** Lines of one turn are held up to here, in UTF-16 code units. */
const MAX_HELD_SIZE = 64 * 1024;

/** A destination that can be told to hold nothing back: pino does so after a fatal line. */
export interface TurnDestination extends DestinationStream {
  flushSync(): void;
}

/**
 * Hands the lines of one turn of the event loop on in one write, which costs as much as a line by itself. Nothing is held
 * beyond the turn, nor when the process exits.
 */
export function turnDestination(stream: DestinationStream): TurnDestination {
  let held = '';
  const flushSync = (): void => {
    if (held === '') return;
    const lines = held;
    held = '';
    stream.write(lines);
  };
  process.once('exit', flushSync);
  return {
    write: (line) => {
      if (held === '') setImmediate(flushSync);
      held += line;
      if (held.length > MAX_HELD_SIZE) flushSync();
    },
    flushSync,
  };
}
