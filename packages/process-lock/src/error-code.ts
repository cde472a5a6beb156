/**
 * True for a system error with one of these codes, such as `ENOENT`. By shape, because a test's `Error` is
 * not the system's.
 */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}
