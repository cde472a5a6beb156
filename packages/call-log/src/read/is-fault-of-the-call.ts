/**
 * Whether an error stems from the data of one call (a key of another type, a fault in our own code) and would come
 * again however often it is tried. Everything else is trouble with Redis: a lost connection, no memory, a replica that
 * takes no writes.
 */
export function isFaultOfTheCall(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') return /^(WRONGTYPE|ERR) /.test(error.message);
  return error instanceof TypeError || error instanceof RangeError;
}
