import { withDeadline } from '../lifecycle/with-deadline.ts';
import { describeError } from '../log/describe-error.ts';
import { scrubText } from '../log/scrub-text.ts';

/** The result of a check. `detail` is shown on the endpoint: counts and names only. */
export type CheckOutcome =
  { ok: true; detail?: Record<string, string | number | boolean> } | { ok: false; reason: string };

/** One question of readiness, e.g. a Redis ping. If it throws or hangs, it has failed. */
export type ReadinessCheck = () => CheckOutcome | Promise<CheckOutcome>;

/**
 * A check with a deadline. While one hangs, no other is sent: a probe every second must not pile up requests on a
 * dependency that is in trouble.
 */
export function boundedCheck(check: ReadinessCheck, timeoutMs: number): ReadinessCheck {
  let pending: Promise<CheckOutcome> | undefined;
  return async () => {
    pending ??= settled(check).finally(() => {
      pending = undefined;
    });
    const answer = await withDeadline(pending, timeoutMs);
    return answer.timedOut ? { ok: false, reason: `no answer within ${timeoutMs} ms` } : answer.value;
  };
}

async function settled(check: ReadinessCheck): Promise<CheckOutcome> {
  try {
    const outcome = await check();
    return outcome.ok ? outcome : { ok: false, reason: scrubText(outcome.reason) };
  } catch (error) {
    return { ok: false, reason: describeError(error).message };
  }
}
