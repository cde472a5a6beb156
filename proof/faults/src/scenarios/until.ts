import { sleep } from '@turnlog/service-kit';

const POLL_MS = 100;

/**
 * Waits until a condition is true; false if it was not within that time. A failing check counts as false.
 */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if (
      await Promise.resolve()
        .then(isSo)
        .catch(() => false)
    )
      return true;
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
}
