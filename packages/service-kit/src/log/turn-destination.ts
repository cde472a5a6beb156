import { type DestinationStream } from 'pino';

/** Lines of one turn are held up to here, in UTF-16 code units. */
const MAX_HELD_SIZE = 64 * 1024;

/**
 * Writes the lines of one turn of the event loop together, which costs as much as one line. No line is held beyond the
 * turn, after a fatal line (pino calls `flushSync`), or when the process exits.
 */
export function turnDestination(stream: DestinationStream): DestinationStream & { flushSync(): void } {
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
