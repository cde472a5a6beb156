import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded into every service before its own code. The channel to the stack closes when the stack's process ends, however
 * it ends: a service must not outlive it, holding its port. It then stops as on SIGTERM, finishing what is in flight.
 * The one message that comes over it says that the stack has told the service to stop.
 */
const STOP_TIMEOUT_MS = 30_000;
const OUTPUTS = [1, 2];

// Threads of a service load it as well, and have no channel: they end with their process.
if (isMainThread) hold();

function hold(): void {
  // The stack may have ended before this was loaded; then nobody will say so any more.
  if (!process.connected) process.exit(1);
  let isStopping = false;
  process.once('message', () => (isStopping = true));
  process.once('disconnect', () => {
    OUTPUTS.forEach(discard);
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    // Told to stop a second time, a service would leave at once, and lose what it is still to write.
    if (!isStopping) process.kill(process.pid, 'SIGTERM');
  });
  // Listening must not keep a service alive that is done.
  process.channel?.unref();
}

/** Nobody reads it any more, and a logger that flushes into a broken pipe at its exit would try again for ever. */
function discard(descriptor: number): void {
  closeSync(descriptor);
  // The system gives out the lowest number that is free: the one just closed.
  openSync(devNull, 'w');
}
