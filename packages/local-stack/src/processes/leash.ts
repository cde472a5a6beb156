import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded into every service before its own code. The channel to the stack closes when the stack's process
 * ends, for any reason: a service must not outlive it and keep its port. It then stops as on SIGTERM, and
 * finishes its work in progress. The one message on the channel means that the stack has asked the service to
 * stop.
 */
const STOP_TIMEOUT_MS = 30_000;
const OUTPUTS = [1, 2];

// Threads of a service load it as well, and have no channel: they end with their process.
if (isMainThread) hold();

function hold(): void {
  // The stack may have ended before this was loaded; then there is no event.
  if (!process.connected) process.exit(1);
  let isStopping = false;
  process.once('message', () => (isStopping = true));
  process.once('disconnect', () => {
    OUTPUTS.forEach(discard);
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    // A service that is asked to stop a second time would exit at once, and lose its unwritten work.
    if (!isStopping) process.kill(process.pid, 'SIGTERM');
  });
  // Listening must not keep a finished service alive.
  process.channel?.unref();
}

/** The pipe has no reader any more, and a logger that flushes into it at its exit would retry for ever. */
function discard(descriptor: number): void {
  closeSync(descriptor);
  // The system assigns the lowest free number: the one just closed.
  openSync(devNull, 'w');
}
