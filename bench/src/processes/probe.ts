/*
 * Loaded into every process under test before its own code: reports the process's usage over the IPC channel
 * on request. The channel closes when the benchmark ends, for any reason, and the process must not outlive
 * it.
 */

/** The usage of a process so far. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuMicros: number;
  /** The live memory after a full collection: the heap, and buffers outside it. */
  readonly liveBytes: number;
  readonly residentBytes: number;
}

/** The request; collecting garbage takes CPU time that a measurement must not include. */
export interface UsageQuestion {
  readonly collectGarbage: boolean;
}

process.on('message', ({ collectGarbage }: UsageQuestion) => {
  const { user, system } = process.cpuUsage();
  // The second collection frees what the first one found: buffers are swept in between.
  for (let time = 0; collectGarbage && time < 2; time += 1) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const usage: Usage = { cpuMicros: user + system, liveBytes: heapUsed + external, residentBytes: rss };
  process.send?.(usage);
});
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
