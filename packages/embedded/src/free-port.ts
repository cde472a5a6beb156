import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '@turnlog/process-lock';

// Below the range of ports for outgoing connections (32768 on Linux, 49152 on macOS): a client that keeps
// dialling a stopped server could otherwise be given the server's own port, connect to itself and hold it.
const ALL_PORTS: PortRange = { first: 26_000, last: 31_999 };
const ATTEMPTS = 50;

/** Both inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The ports that were returned before. There is a moment between choosing a port and listening on it, and a
 * killed server restarts on its own: it must not be given away in the meantime.
 */
const given = new Set<number>();

/**
 * A free TCP port of 127.0.0.1 that no outgoing connection will take. Never returns the same one twice.
 * Processes that must not get each other's ports use different ranges.
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

/** The requested port, or a free one; throws if the requested port is taken. */
export async function choosePort(port: number | undefined, name: string): Promise<number> {
  if (port === undefined) return freePort();
  if (await isFree(port)) return port;
  throw new Error(
    `${name} cannot listen on port ${port} of 127.0.0.1: another process has it. Free it, or choose another port.`,
  );
}

async function isFree(port: number): Promise<boolean> {
  return (await portProblem(port, '127.0.0.1')) === undefined;
}

/** Why this process cannot listen on a port, of all addresses by default; `undefined` if it can. */
export async function portProblem(port: number, host?: string): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true, ...(host !== undefined && { host }) });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return 'another program has it';
    if (hasCode(error, 'EACCES')) return 'this user may not use it';
    throw error;
  } finally {
    server.close();
  }
}
