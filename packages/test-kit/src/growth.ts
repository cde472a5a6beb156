const ATTEMPTS = 3;

/** What takes less is taken for this long: of less than that, what else the process does is too large a part. */
const LEAST_MS = 1;

/**
 * How many times as much of the processor's time a task takes when its input is ten times as long: about ten where the
 * time is in proportion to the input, a hundred where it is in proportion to its square. `run` gets the length.
 */
export function growthOverTenfold(run: (length: number) => void, length: number): number {
  return fastestMs(() => run(10 * length)) / fastestMs(() => run(length));
}

// The processor's time, unlike the clock's, does not count what other processes do. The fastest attempt is the one in
// which this process did nothing else.
function fastestMs(task: () => void): number {
  const attempts = Array.from({ length: ATTEMPTS }, () => {
    const before = process.cpuUsage();
    task();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.max(LEAST_MS, Math.min(...attempts));
}
