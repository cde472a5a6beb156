import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again; throws when the answer is still no after the time. */
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
