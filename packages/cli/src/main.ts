import { runCli } from './run-cli.ts';

// npm hands the terminal's Ctrl-C on to its child, which has had it from the terminal: one key press, two signals.
const SAME_KEY_PRESS_MS = 500;

const interrupted = new AbortController();
let firstSignalAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    firstSignalAt ??= performance.now();
    if (performance.now() - firstSignalAt > SAME_KEY_PRESS_MS) process.exit(1);
    interrupted.abort(new Error('interrupted'));
  });
}

// `turnlog calls | head` closes the pipe when it has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  signal: interrupted.signal,
  now: () => Date.now(),
});
