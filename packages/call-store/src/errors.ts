/** Errors of the record that do not come from Postgres. */
export type CallStoreErrorCode =
  'unreachable' | 'migration_failed' | 'schema_behind' | 'ambiguous_call' | 'nothing_archived';

/** An error with a sentence for the operator; `cause` is the driver's error, if any. */
export class CallStoreError extends Error {
  override readonly name = 'CallStoreError';
  readonly code: CallStoreErrorCode;

  constructor(code: CallStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
