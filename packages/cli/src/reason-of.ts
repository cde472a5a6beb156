import { types } from 'node:util';

/** What anything that was thrown says. */
export function reasonOf(thrown: unknown): string {
  return types.isNativeError(thrown) && thrown.message !== '' ? thrown.message : String(thrown);
}
