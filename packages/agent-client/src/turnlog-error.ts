/**
 * Why a message is not recorded. `conflict`: a message of this id and revision is recorded with other content. Besides these,
 * any code that a gateway gives (docs/events.md).
 */
export type TurnlogErrorCode =
  | 'buffer_full'
  | 'conflict'
  | 'not_json'
  | 'closed'
  | 'id_in_use'
  | 'not_acknowledged'
  | 'unauthorized'
  | (string & {});

/** A message is not recorded, or it isn't certain that it is; `code` says why. */
export class TurnlogError extends Error {
  override readonly name = 'TurnlogError';
  readonly code: TurnlogErrorCode;

  constructor(code: TurnlogErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
