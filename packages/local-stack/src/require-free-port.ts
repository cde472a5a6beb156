import { portProblem } from '@turnlog/embedded';
import { LocalStackError } from './errors.ts';

/** Throws a `port_taken` with the remedy, unless a gateway could listen on this port. */
export async function requireFreePort(port: number): Promise<void> {
  // A program that listens on one address may leave room for one that listens on all, and take its
  // connections.
  for (const host of ['127.0.0.1', undefined]) {
    const problem = await portProblem(port, host);
    if (problem === undefined) continue;
    throw new LocalStackError(
      'port_taken',
      `The gateway cannot listen on port ${port}: ${problem}. Choose another one: PORT=${port < 60_000 ? port + 1 : 8081} npm start`,
    );
  }
}
