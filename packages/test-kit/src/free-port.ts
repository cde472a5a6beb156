import { freePort as freePortOf } from '@turnlog/embedded';

// Below the range that servers are given ports of by themselves.
const FIRST_PORT = 20_000;
const PORTS_PER_WORKER = 1_000;
const WORKERS = 6;

/**
 * A port that is free, out of those of this worker: what one test has stopped and will start again on its port is not to
 * find a server of another test there.
 */
export function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS;
  const first = FIRST_PORT + worker * PORTS_PER_WORKER;
  return freePortOf({ first, last: first + PORTS_PER_WORKER - 1 });
}
