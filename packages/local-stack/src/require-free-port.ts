import { once } from 'node:events';
import { createServer } from 'node:net';
import { LocalStackError } from './errors.ts';

/** Throws a `port_taken` with the remedy, unless a gateway could listen on this port. */
export async function requireFreePort(port: number): Promise<void> {
  // A program that listens on one address may leave room for one that listens on all, and take its
  // connections.
  for (const host of ['127.0.0.1', undefined]) {
    const problem = await whyNot(port, host);
    if (problem === undefined) continue;
    throw new LocalStackError(
      'port_taken',
      `The gateway cannot listen on port ${port}: ${problem}. Choose another one: PORT=${port < 60_000 ? port + 1 : 8081} npm start`,
    );
  }
}

async function whyNot(port: number, host: string | undefined): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true, ...(host !== undefined && { host }) });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return 'another program has it';
    if (code === 'EACCES') return 'this user may not use it';
    throw error;
  } finally {
    server.close();
  }
}
