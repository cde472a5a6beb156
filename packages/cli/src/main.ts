import { runCli } from './run-cli.ts';

// npm hands the terminal's Ctrl-C on to its child, which has had it from the terminal: one key press, two signals. How
// long after the first the second comes is up to the machine.
const signalsPerKeyPress = process.env['npm_lifecycle_event'] === undefined ? 1 : 2;

const interrupted = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    // Somebody is out of patience.
    if (signals > signalsPerKeyPress) process.exit(1);
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
