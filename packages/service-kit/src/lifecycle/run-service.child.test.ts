import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

const fixture = fileURLToPath(new URL('child-service.fixture.mjs', import.meta.url));
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown[]>;
  output = '';

  constructor(behaviour: string) {
    this.#process = spawn(process.execPath, [fixture, behaviour]);
    this.#exit = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  async untilItSays(message: string): Promise<void> {
    while (!this.output.includes(message)) await once(this.#process.stdout, 'data');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async exitCode(): Promise<unknown> {
    return (await this.#exit)[0];
  }
}

describe('a service in a process of its own', () => {
  beforeAll(() => {
    if (!existsSync(built)) throw new Error('this test runs the built package: run `npm run build` first');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops gracefully on %s', async (signal) => {
    const child = new Child('work');
    await child.untilItSays('child started');
    child.signal(signal);
    expect(await child.exitCode()).toBe(0);
    expect(child.output).toContain('"msg":"child stopped"');
  });

  it('leaves at once on a second signal, though a stop step hangs', async () => {
    const child = new Child('hang');
    await child.untilItSays('child started');
    child.signal('SIGTERM');
    await child.untilItSays('"msg":"stopping"');
    const again = setInterval(() => child.signal('SIGTERM'), 100);
    expect(await child.exitCode()).toBe(1);
    clearInterval(again);
    expect(child.output).toContain('second signal received; exiting now');
  });

  it('logs an unhandled rejection as fatal and exits 1', async () => {
    const child = new Child('reject');
    expect(await child.exitCode()).toBe(1);
    expect(child.output).toMatch(
      /"level":60,.*"message":"unforeseen".*"msg":"unexpected error; exiting now"/,
    );
  });
});
