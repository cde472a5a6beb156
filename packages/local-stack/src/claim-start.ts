import { processStart, takeLockFile } from '@turnlog/process-lock';
import path from 'node:path';
import { LocalStackError } from './errors.ts';

/**
 * Lets one process at a time start a stack on a folder; resolves to a function that ends the claim. Throws
 * `already_running` while a living process has it.
 */
export async function claimStart(dataDir: string): Promise<() => Promise<void>> {
  const file = path.join(dataDir, 'starting.pid');
  // Pids are used again, a pid with its start is not.
  const text = `${process.pid} ${processStart(process.pid) ?? ''}`;
  const taken = await takeLockFile({ file, text, isHeld: ({ text: found }) => isRunning(found) });
  if (taken.ok) return () => taken.lock.release();
  throw new LocalStackError(
    'already_running',
    `Turnlog is just being started here by process ${Number.parseInt(taken.held.text, 10)}. Wait until it is up, or stop it with Ctrl-C in its terminal.`,
  );
}

function isRunning(claim: string): boolean {
  const [, pid, start] = /^(\d+) (.+)$/.exec(claim) ?? [];
  return start !== undefined && processStart(Number(pid)) === start;
}
