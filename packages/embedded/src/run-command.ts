import { spawn, type SpawnOptions } from 'node:child_process';

export interface CommandResult {
  /** True if the command ended with exit code 0. */
  readonly ok: boolean;
  readonly stdout: string;
  /** What went wrong: its standard error, or why it could not run. */
  readonly problem: string;
}

export interface CommandOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> {
  readonly input?: string;
  /** It is killed then. No limit by default, because a download may take long. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end. A command that fails, or does not exist, is a result and not an exception. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { input = '', timeoutMs = 0, ...spawnOptions } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...spawnOptions, stdio: 'pipe', timeout: timeoutMs });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => resolve({ ok: false, stdout, problem: error.message }));
    child.once('close', (code, signal) => {
      const end = signal ?? `exit code ${code ?? 'unknown'}`;
      // Only the time limit kills it.
      const problem = child.killed
        ? `${command} took longer than ${timeoutMs / 1000} s`
        : stderr.trim() || `${command} ended with ${end}`;
      resolve({ ok: code === 0, stdout, problem });
    });
    // A command that ends without reading its input is not an error.
    child.stdin.on('error', () => child.stdin.destroy());
    child.stdin.end(input);
  });
}
