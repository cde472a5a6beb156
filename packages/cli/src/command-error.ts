import { types } from 'node:util';
/** A command cannot do what it was asked for; the message is the sentence that its user reads. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** What anything that was thrown says. */
export function reasonOf(thrown: unknown): string {
  return types.isNativeError(thrown) && thrown.message !== '' ? thrown.message : String(thrown);
}
