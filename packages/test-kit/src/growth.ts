const ATTEMPTS = 3;

/** A faster task is repeated for this long: below that, other work of the process is too large a part. */
const LEAST_MS = 1;

/**
 * How many times as much processor time a task takes if its input is ten times as long: about ten for linear
 * time, a hundred for quadratic. `run` gets the length.
 */
export async function growthOverTenfold(run: (length: number) => unknown, length: number): Promise<number> {
  return (await fastestMs(() => run(10 * length))) / (await fastestMs(() => run(length)));
}

// Processor time, unlike the clock's, excludes other processes. In the fastest attempt this process did
// nothing else.
async function fastestMs(task: () => unknown): Promise<number> {
  let fastest = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = process.cpuUsage();
    await task();
    const { user, system } = process.cpuUsage(before);
    fastest = Math.min(fastest, (user + system) / 1_000);
  }
  return Math.max(LEAST_MS, fastest);
}
