/*
 * Loaded into every process under test before its own code: says over the IPC channel what the process has used, when it
 * is asked to. The channel closes when the benchmark ends, however it ends, and nothing must outlive it.
 */

/** What a process has used so far. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuMicros: number;
  /** What is alive after a full collection: the heap, and buffers outside it. */
  readonly liveBytes: number;
  readonly residentBytes: number;
}

/** The question; collecting garbage takes time that a measurement of CPU must not see. */
export interface UsageQuestion {
  readonly collectGarbage: boolean;
}

process.on('message', ({ collectGarbage }: UsageQuestion) => {
  const { user, system } = process.cpuUsage();
  // What the first collection finds to be garbage, the second one has given back: buffers are swept meanwhile.
  for (let time = 0; collectGarbage && time < 2; time += 1) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const usage: Usage = { cpuMicros: user + system, liveBytes: heapUsed + external, residentBytes: rss };
  process.send?.(usage);
});
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
