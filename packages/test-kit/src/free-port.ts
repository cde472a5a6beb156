import { freePort as freePortOf } from '@turnlog/embedded';

// Below the range of ports that the system assigns.
const FIRST_PORT = 20_000;
const PORTS_PER_WORKER = 1_000;
const WORKERS = 6;

/**
 * A free port of this worker: a server that a test stops and restarts on its port must not meet a server of
 * another test there.
 */
export function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS;
  const first = FIRST_PORT + worker * PORTS_PER_WORKER;
  return freePortOf({ first, last: first + PORTS_PER_WORKER - 1 });
}
