/** The outcome of one event. */
export type AppendResult =
  | { readonly status: 'appended'; readonly seq: number }
  /** The log has it. The seq is missing if its source sequence alone showed that. */
  | { readonly status: 'duplicate'; readonly seq: number | undefined }
  | { readonly status: 'refused'; readonly reason: RefusalReason };

/**
 * Why an event is not stored: the call has reached its limit of events or bytes; its tenant has reached its
 * limit in Redis; the call was erased; or the log has the report with different content.
 */
export type RefusalReason = 'call_full' | 'tenant_full' | 'call_erased' | 'conflict';

/** The outcome of an append. */
export type AppendOutcome =
  | { readonly outcome: 'ok'; readonly epoch: string; readonly results: readonly AppendResult[] }
  /** Events of this source are missing: resend from `expected`. */
  | { readonly outcome: 'gap'; readonly expected: number }
  /** The call was seen in the meantime and nothing was appended (only with `onlyIfNotSeenSince`). */
  | { readonly outcome: 'seen' };

const REFUSALS: Readonly<Record<string, RefusalReason>> = {
  full: 'call_full',
  tenant: 'tenant_full',
  erased: 'call_erased',
  conflict: 'conflict',
};

/** Parses the reply of the append script; throws it if it is an error. */
export function readAppendReply(reply: unknown): AppendOutcome {
  if (reply instanceof Error) throw reply;
  const [kind, second, ...results] = reply as [string, string | number, ...(number | string)[]];
  if (kind === 'gap') return { outcome: 'gap', expected: Number(second) };
  if (kind === 'seen') return { outcome: 'seen' };
  return { outcome: 'ok', epoch: String(second), results: results.map(toResult) };
}

function toResult(result: number | string): AppendResult {
  if (typeof result === 'string') {
    const reason = REFUSALS[result];
    if (reason === undefined) throw new Error(`the append script answered ${result}`);
    return { status: 'refused', reason };
  }
  if (result > 0) return { status: 'appended', seq: result };
  return { status: 'duplicate', seq: result === 0 ? undefined : -result };
}
