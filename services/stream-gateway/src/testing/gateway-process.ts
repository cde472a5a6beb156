import { waitUntil } from '@turnlog/test-kit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A gateway as a process of its own, to be killed. */
export interface GatewayProcess {
  readonly url: string;
  readonly httpUrl: string;
  readonly opsUrl: string;
  readonly isRunning: boolean;
  /** SIGKILL: nothing is closed or flushed. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts one as it was built, with only these settings, and waits until it takes calls. */
export async function startGatewayProcess(
  settings: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH, PORT: '0', HEALTH_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lineOf = (text: string) => output.split('\n').find((line) => line.includes(text));
  await waitUntil(() => child.exitCode !== null || lineOf('stream-gateway ready'), {
    what: 'the gateway is ready',
    timeoutMs: 15_000,
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const ready = lineOf('stream-gateway ready');
  if (ready === undefined) throw new Error(`the gateway has ended: ${output}`);
  const { port, health_port } = JSON.parse(ready) as { port: number; health_port: number };
  return {
    url: `ws://127.0.0.1:${port}/exotel/stream`,
    httpUrl: `http://127.0.0.1:${port}`,
    opsUrl: `http://127.0.0.1:${health_port}`,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
