import { describeError } from '../log/describe-error.ts';
import { scrubText } from '../log/scrub-text.ts';
import { withDeadline } from '../lifecycle/with-deadline.ts';

/** What a check found. `detail` is shown to whoever may reach the endpoint: counts and names only. */
export type CheckOutcome =
  { ok: true; detail?: Record<string, string | number | boolean> } | { ok: false; reason: string };

/** One question that readiness asks, e.g. a Redis ping. It may throw or hang: both mean no. */
export type ReadinessCheck = () => Promise<CheckOutcome>;

/**
 * Bounds a check by a deadline. While a hung one is out, no other is sent after it: a probe every second must not pile
 * up requests on a dependency that is in trouble.
 */
export function boundedCheck(check: ReadinessCheck, timeoutMs: number): ReadinessCheck {
  let underWay: Promise<CheckOutcome> | undefined;
  return async () => {
    underWay ??= settled(check).finally(() => {
      underWay = undefined;
    });
    const answer = await withDeadline(underWay, timeoutMs);
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
