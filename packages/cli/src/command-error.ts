/** A command cannot do what it was asked for; the message is the sentence that its user reads. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
