/** What can go wrong with the record, beside what Postgres itself says. */
export type CallStoreErrorCode =
  'unreachable' | 'migration_failed' | 'schema_behind' | 'ambiguous_call' | 'nothing_archived';

/** An error with a sentence for the operator; `cause` is the error of the driver, where there is one. */
export class CallStoreError extends Error {
  override readonly name = 'CallStoreError';
  readonly code: CallStoreErrorCode;

  constructor(code: CallStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
