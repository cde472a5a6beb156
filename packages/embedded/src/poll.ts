import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Polls until the answer is true; resolves to whether it became true in time. */
export async function poll(
  condition: () => boolean | Promise<boolean>,
  options: PollOptions,
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= deadline) return false;
    await delay(options.everyMs ?? 10);
  }
  return true;
}
