const EVERY_MS = 60_000;

/** Calls on at the first time, and then at most once a minute, with how often it happened since. */
export function seldom(
  tell: (count: number) => void,
  monotonicMs: () => number = () => performance.now(),
): () => void {
  let count = 0;
  let lastMs = -Infinity;
  return () => {
    count += 1;
    if (monotonicMs() - lastMs < EVERY_MS) return;
    lastMs = monotonicMs();
    tell(count);
    count = 0;
  };
}
