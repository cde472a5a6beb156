/** What became of one event. */
export type AppendResult =
  | { readonly status: 'appended'; readonly seq: number }
  /** It was there already. The seq is missing where a repeat was recognised by its place in its source alone. */
  | { readonly status: 'duplicate'; readonly seq: number | undefined }
  | { readonly status: 'refused'; readonly reason: RefusalReason };

/**
 * Why an event is not stored: the call holds as many events, or bytes, as one call may; its tenant has as much in Redis as
 * it may; the call was erased, and nothing of it is stored any more; or the log has the report with another content.
 */
export type RefusalReason = 'call_full' | 'tenant_full' | 'call_erased' | 'conflict';

/** What became of an append. */
export type AppendOutcome =
  | { readonly outcome: 'ok'; readonly epoch: string; readonly results: readonly AppendResult[] }
  /** Events of this source are missing: send again from `expected`. */
  | { readonly outcome: 'gap'; readonly expected: number }
  /** The call was seen meanwhile; nothing was appended (only for an append that asked for it). */
  | { readonly outcome: 'seen' };

const REFUSALS: Readonly<Record<string, RefusalReason>> = {
  full: 'call_full',
  tenant: 'tenant_full',
  erased: 'call_erased',
  conflict: 'conflict',
};

/** Reads the reply of the append script; throws the error that it may be. */
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
