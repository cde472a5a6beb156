import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The built `turnlog` command. */
export const TURNLOG = fileURLToPath(new URL('../../../../packages/cli/dist/main.js', import.meta.url));

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs `turnlog`; rejects with its output if it fails. */
export async function turnlog(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [TURNLOG, ...args], { maxBuffer: MAX_OUTPUT_BYTES });
  return stdout;
}

/** Runs `turnlog`, and resolves to all its output, even if its exit code is not 0. */
export function turnlogOutput(...args: readonly string[]): Promise<string> {
  return turnlog(...args).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return `${stdout}${stderr}`;
  });
}
