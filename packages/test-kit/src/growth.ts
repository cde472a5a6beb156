const ATTEMPTS = 3;

/** A faster task is repeated for this long: below that, other work of the process is too large a part. */
const LEAST_MS = 1;

/**
 * How many times as much processor time a task takes if its input is ten times as long: about ten for linear
 * time, a hundred for quadratic. `run` gets the length.
 */
export function growthOverTenfold(run: (length: number) => void, length: number): number {
  return fastestMs(() => run(10 * length)) / fastestMs(() => run(length));
}

// Processor time, unlike the clock's, excludes other processes. In the fastest attempt this process did
// nothing else.
function fastestMs(task: () => void): number {
  const attempts = Array.from({ length: ATTEMPTS }, () => {
    const before = process.cpuUsage();
    task();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.max(LEAST_MS, Math.min(...attempts));
}
