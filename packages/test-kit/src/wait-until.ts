import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

export interface WaitOptions {
  /** The condition, to complete "waited in vain until …". */
  readonly what: string;
  /** 10 seconds by default. */
  readonly timeoutMs?: number;
}

/**
 * Polls until the answer is neither false nor undefined, and returns it. Throws if that takes too long, with
 * the last error of the condition as its cause; a condition that throws counts as not yet true.
 */
export async function waitUntil<Value>(
  condition: () => Value | Promise<Value>,
  { what, timeoutMs = 10_000 }: WaitOptions,
): Promise<Exclude<Value, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const attempt = await attemptOnce(condition);
    if (attempt.isTrue) return attempt.value;
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`, { cause: attempt.error });
    }
    await delay(POLL_MS);
  }
}

type Attempt<Value> =
  | { readonly isTrue: true; readonly value: Exclude<Value, false | null | undefined> }
  | { readonly isTrue: false; readonly error?: unknown };

async function attemptOnce<Value>(condition: () => Value | Promise<Value>): Promise<Attempt<Value>> {
  try {
    const value = await condition();
    if (value === false || value === null || value === undefined) return { isTrue: false };
    return { isTrue: true, value: value as Exclude<Value, false | null | undefined> };
  } catch (error) {
    return { isTrue: false, error };
  }
}
