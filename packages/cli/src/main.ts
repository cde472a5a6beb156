import { readFileSync } from 'node:fs';
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

// The terminal was closed: everything stops, as at Ctrl-C, unless `nohup` asked to go on without one.
if (!isHangupIgnored()) process.on('SIGHUP', () => interrupted.abort(new Error('terminal closed')));

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // `turnlog calls | head` closes the pipe early. A system that runs must stop its servers and services first,
    // and goes on without its words when the disk that they are written to is full.
    if (process.argv[2] !== 'up') {
      if (code === 'EPIPE') process.exit(0);
      if (stream === process.stdout) process.stderr.write(`The output can't be written: ${message}.\n`);
      process.exit(1);
    }
    if (code !== 'ENOSPC') interrupted.abort(new Error('terminal closed'));
  });
}

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

/** Whether this process was started with SIGHUP ignored; a listener would end that. Only Linux shows it. */
function isHangupIgnored(): boolean {
  if (process.platform !== 'linux') return !process.stdin.isTTY && !process.stdout.isTTY;
  const [, mask = '0'] = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
