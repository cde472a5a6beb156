/**
 * `timedOut` where `work` has not settled after `timeoutMs`; it rejects where `work` rejects in time. Work that is
 * late goes on unobserved, its rejection included.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  timeoutMs: number,
): Promise<{ timedOut: false; value: T } | { timedOut: true }> {
  const { promise: deadline, cancel } = timer(timeoutMs);
  try {
    return await Promise.race([work.then((value) => ({ timedOut: false as const, value })), deadline]);
  } finally {
    cancel();
  }
}

function timer(ms: number): { promise: Promise<{ timedOut: true }>; cancel: () => void } {
  let handle: NodeJS.Timeout | undefined;
  const promise = new Promise<{ timedOut: true }>((resolve) => {
    handle = setTimeout(() => resolve({ timedOut: true }), ms);
  });
  return { promise, cancel: () => clearTimeout(handle) };
}
