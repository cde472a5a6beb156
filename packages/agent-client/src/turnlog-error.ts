/**
 * Why a message is not recorded. `conflict`: a message with this id and revision is recorded with other content. A gateway
 * may return other codes (docs/events.md).
 */
export type TurnlogErrorCode =
  | 'buffer_full'
  | 'conflict'
  | 'not_json'
  | 'closed'
  | 'id_in_use'
  | 'not_acknowledged'
  | 'unauthorized'
  | 'unreadable'
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
