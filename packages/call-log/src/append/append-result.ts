/** What became of one event. */
export type AppendResult =
  | { readonly status: 'appended'; readonly seq: number }
  /** It was there already. The seq is missing where a repeat was recognised by its place in its source alone. */
  | { readonly status: 'duplicate'; readonly seq: number | undefined }
  /** The call holds as many events as one call may; or it was erased, and nothing of it is stored any more. */
  | { readonly status: 'refused'; readonly reason: 'call_full' | 'call_erased' };

/** What became of an append. */
export type AppendOutcome =
  | { readonly outcome: 'ok'; readonly epoch: string; readonly results: readonly AppendResult[] }
  /** Events of this source are missing: send again from `expected`. */
  | { readonly outcome: 'gap'; readonly expected: number }
  /** The call was seen meanwhile; nothing was appended (only for an append that asked for it). */
  | { readonly outcome: 'seen' };

/** Reads the reply of the append script. */
export function readAppendReply(reply: unknown): AppendOutcome {
  const [kind, second, ...results] = reply as [string, string | number, ...(number | string)[]];
  if (kind === 'gap') return { outcome: 'gap', expected: Number(second) };
  if (kind === 'seen') return { outcome: 'seen' };
  return { outcome: 'ok', epoch: String(second), results: results.map(toResult) };
}

function toResult(result: number | string): AppendResult {
  if (typeof result === 'string') {
    return { status: 'refused', reason: result === 'erased' ? 'call_erased' : 'call_full' };
  }
  if (result > 0) return { status: 'appended', seq: result };
  return { status: 'duplicate', seq: result === 0 ? undefined : -result };
}
