import type { CallStore, StoredCall } from '@turnlog/call-store';
import { sleep } from '@turnlog/service-kit/time';
import { forEachAtOnce } from '../for-each-at-once.ts';

const POLL_MS = 100;
const AT_ONCE = 4;

/** A call whose record is not as expected. */
export interface WrongRecord {
  readonly callSid: string;
  readonly problems: readonly string[];
}

export interface CheckOptions {
  readonly tenant: string;
  /** What is not as expected in a record, in words. */
  readonly problemsOf: (record: StoredCall) => readonly string[];
  /** How long records may take to become right, all together. */
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** Waits until each call's record is as expected and its archive folds to the same. Resolves to the calls that are wrong. */
export async function checkRecords(
  store: CallStore,
  callSids: readonly string[],
  options: CheckOptions,
): Promise<WrongRecord[]> {
  const deadline = performance.now() + options.waitMs;
  const wrong: WrongRecord[] = [];
  await forEachAtOnce(callSids, AT_ONCE, async (callSid) => {
    const problems = await problemsAtLast(store, callSid, deadline, options);
    if (problems.length > 0) wrong.push({ callSid, problems });
  });
  return wrong;
}

async function problemsAtLast(
  store: CallStore,
  callSid: string,
  deadline: number,
  options: CheckOptions,
): Promise<readonly string[]> {
  for (;;) {
    const problems = await problemsNow(store, callSid, options);
    const isOver = performance.now() >= deadline || options.signal?.aborted === true;
    if (problems.length === 0 || isOver) return problems;
    await sleep(POLL_MS, options.signal);
  }
}

async function problemsNow(
  store: CallStore,
  callSid: string,
  { tenant, problemsOf }: CheckOptions,
): Promise<readonly string[]> {
  const record = await store.readCall({ tenant, callSid });
  if (record === undefined) return ['it has no record'];
  const problems = problemsOf(record);
  if (problems.length > 0) return problems;
  const verified = await store.verifyCall({ tenant, callSid });
  return verified.ok ? [] : verified.differences.map(({ column, problem }) => `${column}: ${problem}`);
}
