import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '@turnlog/process-lock';

// Below the range from which systems give out ports for outgoing connections (32768 on Linux, 49152 on macOS): a client
// that keeps dialling a stopped server could otherwise be given the server's own port, connect to itself and hold it.
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const PORTS = LAST_PORT - FIRST_PORT + 1;
const ATTEMPTS = 50;

/**
 * What was given out before. Between being given a port and listening on it there is a moment, and a server that was
 * killed comes back to its own: nobody else of this process may be given it meanwhile.
 */
const given = new Set<number>();

/** A TCP port of 127.0.0.1 that nothing listens on, and that no outgoing connection will take. Never the same one twice. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (given.has(port)) continue;
    given.add(port);
    if (given.size > PORTS / 2) given.clear();
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${FIRST_PORT} and ${LAST_PORT} after ${ATTEMPTS} attempts.`);
}

/** The port asked for, or a free one; throws when the port asked for is taken. */
export async function choosePort(port: number | undefined, name: string): Promise<number> {
  if (port === undefined) return freePort();
  if (await isFree(port)) return port;
  throw new Error(
    `${name} cannot listen on port ${port} of 127.0.0.1: another process has it. Free it, or choose another port.`,
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE', 'EACCES')) return false;
    throw error;
  } finally {
    server.close();
  }
}
