import { get } from 'node:http';
import { z } from 'zod';
import { LocalStackError } from '../errors.ts';
import { sleep } from '@turnlog/service-kit';
import { type ProcessExit, type ServiceProcess } from './service-process.ts';

const POLL_MS = 25;
const REQUEST_TIMEOUT_MS = 2_000;

/** A started service, and its output for the error if it does not become ready. */
export interface StartedService {
  readonly name: string;
  readonly healthPort: number;
  readonly run: ServiceProcess;
  readonly lastLines: () => readonly string[];
  /** Its stderr, for the person who starts it. */
  readonly lastProblems: () => readonly string[];
}

/**
 * Waits until the service's `/readyz` succeeds. Throws `service_failed` if it ends first or takes too long.
 */
export async function untilServiceReady(service: StartedService, timeoutMs: number): Promise<void> {
  const { name, healthPort, run } = service;
  const deadline = performance.now() + timeoutMs;
  while (!(await isReady(healthPort))) {
    if (run.hasExited) throw endedEarly(service, await run.exited);
    if (performance.now() > deadline) throw notReady(service, `${name} was not ready after ${timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

/** How a service ended, for people. */
export function describeExit(name: string, { code, signal, wasSent }: ProcessExit): string {
  const how = signal ?? `exit code ${code ?? 'unknown'}`;
  return `${name} ended with ${how}${wasSent ? ', which it was sent' : ''}`;
}

/** A service that cannot start with its settings prints the reason itself; it needs no addition. */
function endedEarly(service: StartedService, exit: ProcessExit): LocalStackError {
  const reason = service
    .lastLines()
    .map(startFailure)
    .find((message) => message !== undefined);
  if (reason !== undefined)
    return new LocalStackError('service_failed', `${service.name} could not start: ${reason}`);
  const problems = service.lastProblems();
  const isCrash = problems.some((line) => line.startsWith('    at '));
  if (exit.code !== 1 || problems.length === 0 || isCrash)
    return notReady(service, describeExit(service.name, exit));
  return new LocalStackError('service_failed', problems.join('\n'));
}

const startFailed = z.object({
  event: z.literal('service_start_failed'),
  err: z.object({ message: z.string() }),
});

/** The reason in the log line of a service that could not start. */
function startFailure(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  const read = startFailed.safeParse(tryParse(line));
  return read.success ? read.data.err.message : undefined;
}

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function notReady({ lastLines }: StartedService, what: string): LocalStackError {
  const lines = lastLines();
  const said = lines.length === 0 ? 'It printed nothing.' : `Its last lines:\n${lines.join('\n')}`;
  return new LocalStackError('service_failed', `${what}. ${said}`);
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: REQUEST_TIMEOUT_MS };
    const request = get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    // Not listening yet, or no longer: the next request, or the end of the process, decides.
    request.on('error', () => resolve(false));
  });
}
