import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '@turnlog/process-lock';

// Below the range from which systems give out ports for outgoing connections (32768 on Linux, 49152 on macOS): a client
// that keeps dialling a stopped server could otherwise be given the server's own port, connect to itself and hold it.
const ALL_PORTS: PortRange = { first: 26_000, last: 31_999 };
const ATTEMPTS = 50;

/** Both are part of it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What was given out before. Between being given a port and listening on it there is a moment, and a server that was
 * killed comes back to its own: nobody else of this process may be given it meanwhile.
 */
const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that nothing listens on, and that no outgoing connection will take. Never the same one twice.
 * Processes that must not be given each other's ask for ports of different ranges.
 */
export async function freePort({ first, last }: PortRange = ALL_PORTS): Promise<number> {
  const ports = last - first + 1;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = first + Math.floor(Math.random() * ports);
    if (given.has(port)) continue;
    given.add(port);
    if (given.size > ports / 2) given.clear();
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${first} and ${last} after ${ATTEMPTS} attempts.`);
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
