/** A call that is larger than what a row, or this process, can hold. It is set aside; its log keeps what it says. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
  readonly code = 'too_large';
}

/** Whether JavaScript refused to make a text for its length. */
export function isTooLong(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.message === 'Invalid string length' || ('code' in error && error.code === 'ERR_STRING_TOO_LONG')
  );
}
