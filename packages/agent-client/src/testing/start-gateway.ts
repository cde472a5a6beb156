import { decodeEvent, foldEvents, initialState, toCallRecord, type CallRecord } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { readCallLogs } from '@turnlog/call-log';
import { freePort, testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../services/stream-gateway/dist/main.js', import.meta.url));

/** A gateway as it was built, in a process of its own. */
export interface Gateway {
  readonly streamUrl: string;
  readonly httpUrl: string;
  /** What the call's log comes to. */
  recordOf(callSid: string): Promise<CallRecord>;
  /** SIGKILL: no word of goodbye. */
  kill(): Promise<void>;
  /** On the same port, with the same Redis. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a gateway with these settings, and waits until it takes calls. */
export async function startGateway(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const httpUrl = `http://127.0.0.1:${port}`;
  const prefix = testKeyPrefix();
  const env = {
    REDIS_URL: testRedisUrl(),
    KEY_PREFIX: prefix,
    PORT: String(port),
    HEALTH_PORT: String(healthPort),
    ...settings,
  };
  const redis = createCommandClient({ url: env.REDIS_URL, name: 'test', onError: () => undefined });
  await untilReady(redis);
  let stop = (): Promise<void> => Promise.resolve();

  const start = async (): Promise<void> => {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    stop = async () => {
      child.kill('SIGKILL');
      await exited;
      stop = () => Promise.resolve();
    };
    await waitUntil(async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok, {
      what: 'the gateway is ready',
      timeoutMs: 20_000,
    });
  };
  await start();
  return {
    streamUrl: `ws://127.0.0.1:${port}/exotel/stream`,
    httpUrl,
    recordOf: async (callSid) => {
      const call = { tenant: 'default', callSid };
      const [log] = await readCallLogs(redis, { prefix, partitions: 16 }, [{ call, fromSeq: 1 }]);
      const decoded = (log?.entries ?? []).map(({ text }) => decodeEvent(text));
      return toCallRecord(
        foldEvents(
          initialState(call),
          decoded.flatMap((each) => (each.ok ? each.event : [])),
        ),
      );
    },
    kill: () => stop(),
    start,
    close: async () => {
      await stop();
      redis.disconnect();
    },
  };
}
