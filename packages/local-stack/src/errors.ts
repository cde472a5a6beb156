/** The reasons why a local stack cannot start. */
export type LocalStackErrorCode =
  | 'already_running'
  | 'port_taken'
  | 'wrong_setting'
  | 'folder_unusable'
  | 'server_failed'
  | 'service_failed'
  | 'no_such_service';

/** An error with a sentence for the person at the terminal. */
export class LocalStackError extends Error {
  override readonly name = 'LocalStackError';
  readonly code: LocalStackErrorCode;

  constructor(code: LocalStackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
