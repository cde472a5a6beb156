import { setTimeout as delay } from 'node:timers/promises';

/** Polls a condition; throws if it is still false after the time. */
export async function until(
  isTrue: () => Promise<boolean>,
  { what, everyMs = 5, timeoutMs = 120_000 }: { what: string; everyMs?: number; timeoutMs?: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(everyMs);
  }
}
