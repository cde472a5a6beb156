import { execFileSync, type StdioOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from './error-code.ts';

/**
 * When a process started, as the system writes it; undefined if no such process runs. Pids are reused, a pid
 * with its start is not.
 */
export function processStart(pid: number): string | undefined {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

/**
 * The command line of a running process, its arguments separated by spaces; undefined if no such process
 * runs.
 */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return readProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim();
}

function startFromProc(pid: number): string | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // proc(5): the second field is the name in brackets, and may contain spaces. Third: state; twenty-second:
  // start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
  return hasEnded ? undefined : fields[19];
}

function startFromPs(pid: number): string | undefined {
  const line = ps(pid, 'stat=,lstart=');
  return line === undefined || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function ps(pid: number, fields: string): string | undefined {
  try {
    // A fixed locale and time zone, otherwise another shell would see another start time.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
    return execFileSync('ps', ['-ww', '-o', fields, '-p', String(pid)], {
      encoding: 'utf8',
      env,
      stdio,
    }).trim();
  } catch {
    // ps exits with 1 if there is no such process.
    return undefined;
  }
}
