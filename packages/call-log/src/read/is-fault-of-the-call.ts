/**
 * Whether an error comes from the data of one call (a key of another type, a fault in our own code) and would
 * return at every attempt. Everything else is a problem of Redis: a lost connection, no memory, a read-only
 * replica.
 */
export function isFaultOfTheCall(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') return /^(WRONGTYPE|ERR) /.test(error.message);
  return error instanceof TypeError || error instanceof RangeError;
}
