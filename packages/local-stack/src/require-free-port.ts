import { portProblem } from '@turnlog/embedded';
import { hasCode } from '@turnlog/process-lock';
import { LocalStackError } from './errors.ts';

/** Throws a `port_taken` with the remedy, unless a gateway could listen on this port, of this HOST if given. */
export async function requireFreePort(port: number, host: string | undefined): Promise<void> {
  if (host !== undefined && (await hasNoAddress(host))) {
    throw new LocalStackError(
      'wrong_setting',
      `The gateway cannot listen on HOST=${host}: this machine has no such address. Choose another one, such as 127.0.0.1 or 0.0.0.0.`,
    );
  }
  // A program that listens on one address may leave room for one that listens on all, and take its
  // connections.
  for (const address of ['127.0.0.1', undefined]) {
    const problem = await portProblem(port, address);
    if (problem === undefined) continue;
    throw new LocalStackError(
      'port_taken',
      `The gateway cannot listen on port ${port}: ${problem}. Choose another one: PORT=${port < 60_000 ? port + 1 : 8081} npm start`,
    );
  }
}

async function hasNoAddress(host: string): Promise<boolean> {
  try {
    await portProblem(0, host);
    return false;
  } catch (error) {
    if (hasCode(error, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL')) return true;
    throw error;
  }
}
