import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createLogger, type Logger } from '../log/logger.ts';
import { Lifecycle } from './lifecycle.ts';
import { runService, type RunServiceOptions } from './run-service.ts';

function captureLog(): { logger: Logger; messages: string[]; hasFlushed: () => boolean } {
  const messages: string[] = [];
  let hasFlushed = false;
  const destination = {
    write: (line: string) => void messages.push((JSON.parse(line) as { msg: string }).msg),
    flush: (done: () => void) => {
      hasFlushed = true;
      done();
    },
  };
  return { logger: createLogger({ service: 'test', destination }), messages, hasFlushed: () => hasFlushed };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): Promise<never> => new Promise(() => undefined);

describe('the lifecycle', () => {
  it('undoes what was started, last first, one at a time', async () => {
    const lifecycle = new Lifecycle(captureLog());
    const done: string[] = [];
    lifecycle.onStop('first started', async () => {
      await Promise.resolve();
      done.push('first started');
    });
    lifecycle.onStop('last started', async () => {
      await turn();
      done.push('last started');
    });
    expect(await lifecycle.stop('test')).toEqual({ reason: 'test', failedSteps: [] });
    expect(done).toEqual(['last started', 'first started']);
  });

  it('stops once, however often it is requested', async () => {
    const { logger, messages } = captureLog();
    const lifecycle = new Lifecycle({ logger });
    let count = 0;
    lifecycle.onStop('count', () => (count += 1));
    const reports = await Promise.all([lifecycle.stop('a'), lifecycle.stop('b'), lifecycle.untilStopped]);
    expect(reports.map(({ reason }) => reason)).toEqual(['a', 'a', 'a']);
    expect(count).toBe(1);
    expect(messages).toEqual(['stopping']);
  });

  it('says that it is stopping before the first step runs', async () => {
    const lifecycle = new Lifecycle(captureLog());
    let seen: boolean[] = [];
    lifecycle.onStop('look', () => (seen = [lifecycle.isStopping, lifecycle.signal.aborted]));
    expect(lifecycle.isStopping).toBe(false);
    await lifecycle.stop('test');
    expect(seen).toEqual([true, true]);
  });

  it('goes on past a step that throws and one that hangs, and names both', async () => {
    const { logger, messages } = captureLog();
    const lifecycle = new Lifecycle({ logger, stepTimeoutMs: 60_000 });
    let hasRun = false;
    lifecycle.onStop('good', () => (hasRun = true));
    lifecycle.onStop('hangs', never, { timeoutMs: 5 });
    lifecycle.onStop('throws', () => {
      throw new Error('broken');
    });
    const { failedSteps } = await lifecycle.stop('test');
    expect(failedSteps).toEqual(['throws', 'hangs']);
    expect(hasRun).toBe(true);
    expect(messages).toEqual(['stopping', 'stop step failed', 'stop step timed out']);
  });

  it('runs a step that is registered during the stop', async () => {
    const lifecycle = new Lifecycle(captureLog());
    const done: string[] = [];
    lifecycle.onStop('outer', () => lifecycle.onStop('late', () => done.push('late')));
    await lifecycle.stop('test');
    expect(done).toEqual(['late']);
  });
});

describe('runService', () => {
  class TestHost extends EventEmitter {
    exitCodes: number[] = [];
    exit(code: number): void {
      this.exitCodes.push(code);
    }
  }

  interface Running {
    host: TestHost;
    exitCode: Promise<number>;
    log: ReturnType<typeof captureLog>;
    moveClock: (ms: number) => void;
  }

  function run(start: RunServiceOptions['start']): Running {
    const host = new TestHost();
    const log = captureLog();
    let nowMs = 0;
    const exitCode = runService({
      name: 'persister',
      logger: log.logger,
      start,
      host,
      now: () => nowMs,
    });
    return { host, exitCode, log, moveClock: (ms) => void (nowMs += ms) };
  }

  /** Starts with one stop step and returns once it is running. */
  async function started(step: () => unknown): Promise<Running> {
    const running = run((lifecycle) => {
      lifecycle.onStop('close', step);
      return Promise.resolve();
    });
    while (!running.log.messages.includes('persister started')) await turn();
    return running;
  }

  it.each(['SIGTERM', 'SIGINT'])('stops gracefully and exits 0 on %s', async (signal) => {
    const done: string[] = [];
    const { host, exitCode, log } = await started(() => done.push('closed'));
    host.emit(signal);
    expect(await exitCode).toBe(0);
    expect(host.exitCodes).toEqual([0]);
    expect(done).toEqual(['closed']);
    expect(log.messages).toEqual(['persister started', 'stopping', 'persister stopped']);
    expect(host.eventNames()).toEqual([]);
  });

  it('exits 1 where a stop step failed', async () => {
    const { host, exitCode } = await started(() => Promise.reject(new Error('broken')));
    host.emit('SIGTERM');
    expect(await exitCode).toBe(1);
  });

  it('exits 1 at once on a second signal', async () => {
    let finish = (): void => undefined;
    const { host, exitCode, log, moveClock } = await started(
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    host.emit('SIGINT');
    moveClock(500);
    host.emit('SIGINT');
    expect(await exitCode).toBe(1);
    finish();
    expect(log.messages).toContain('second signal received; exiting now');
  });

  it('takes two signals of one key press for one', async () => {
    let finish = (): void => undefined;
    const { host, exitCode, moveClock } = await started(
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    host.emit('SIGINT');
    moveClock(499);
    host.emit('SIGTERM');
    await turn();
    finish();
    expect(await exitCode).toBe(0);
  });

  it('undoes a start that fails, and exits 1', async () => {
    const done: string[] = [];
    const { exitCode, log } = run(async (lifecycle) => {
      lifecycle.onStop('close redis', () => done.push('redis closed'));
      await Promise.reject(new Error('no database'));
    });
    expect(await exitCode).toBe(1);
    expect(done).toEqual(['redis closed']);
    expect(log.messages).toContain('persister could not start');
  });

  it('does not wait for a start that hangs when a stop begins', async () => {
    let lifecycle: Lifecycle | undefined;
    const { host, exitCode } = run((given) => {
      lifecycle = given;
      return never();
    });
    host.emit('SIGTERM');
    expect(await exitCode).toBe(0);
    expect(lifecycle?.signal.aborted).toBe(true);
  });

  it('does not claim to have started when the stop came first', async () => {
    const { host, exitCode, log } = run(async (lifecycle) => {
      lifecycle.onStop('wait for the start', async () => {
        await turn();
        await turn();
      });
      await turn();
    });
    await Promise.resolve();
    host.emit('SIGTERM');
    expect(await exitCode).toBe(0);
    expect(log.messages).toEqual(['stopping', 'persister stopped']);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('logs, flushes and exits 1 on %s', async (event) => {
    const { host, exitCode, log } = await started(never);
    host.emit(event, new Error('unforeseen'));
    expect(await exitCode).toBe(1);
    expect(log.messages).toContain('unexpected error; exiting now');
    expect(log.hasFlushed()).toBe(true);
  });
});
