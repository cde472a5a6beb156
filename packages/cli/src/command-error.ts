import { types } from 'node:util';

/** A command cannot do what was asked; the message is the sentence for its user. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The arguments do not belong together. The usage of the command follows the message. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
}

/** The message of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return types.isNativeError(thrown) && thrown.message !== '' ? thrown.message : String(thrown);
}
