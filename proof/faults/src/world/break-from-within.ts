import process from 'node:process';

/*
 * Loaded into services by `NODE_OPTIONS=--import`, so that signals cause other faults: SIGUSR2 an unhandled
 * rejection, SIGHUP a heap that overflows, SIGWINCH a loop that keeps the process busy.
 */
const BUSY_MS = 20_000;

process.on('SIGUSR2', () => {
  Promise.reject(new Error('an unhandled rejection')).then(undefined, (error: unknown) => {
    throw error;
  });
});

process.on('SIGHUP', () => {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
});

process.on('SIGWINCH', () => {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
});
