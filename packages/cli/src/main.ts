import { runCli } from './run-cli.ts';

// npm forwards the terminal's Ctrl-C to its child, which received it from the terminal too: one key press,
// two signals. The delay between them depends on the machine.
const signalsPerKeyPress = process.env['npm_lifecycle_event'] === undefined ? 1 : 2;

const interrupted = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    // A second Ctrl-C: exit now.
    if (signals > signalsPerKeyPress) process.exit(1);
    interrupted.abort(new Error('interrupted'));
  });
}

// `turnlog calls | head` closes the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  get in() {
    return process.stdin;
  },
  signal: interrupted.signal,
  now: () => Date.now(),
});
