import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createCallStore, migrate, type CallStore, type StoredCall } from '@turnlog/call-store';
import { createTestDatabase, testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { startLocalStack, type LocalStack } from './local-stack.ts';
import { type LocalStackOptions } from './local-stack-options.ts';

/** A stack of a test's own on the servers of the test run, with its record and its output. */
export interface TestStack {
  readonly stack: LocalStack;
  readonly store: CallStore;
  readonly dataDir: string;
  readonly notices: readonly string[];
  /** Reports messages of an agent over HTTP. */
  report(callSid: string, ...messages: readonly object[]): Promise<void>;
  /** Waits for the record of an ended call. */
  record(callSid: string): Promise<StoredCall>;
  close(): Promise<void>;
}

/** Time-outs that a test can wait for. */
const QUICK = {
  gateway: { HEARTBEAT_MS: '300', AUDIO: 'false' },
  session: { LOST_AFTER_MS: '1500', SWEEP_EVERY_MS: '200', CLAIM_IDLE_MS: '1000' },
  persister: { CLAIM_IDLE_MS: '1000' },
};

export async function startTestStack(options: Partial<LocalStackOptions> = {}): Promise<TestStack> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  const removeData = async (): Promise<void> => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const notices: string[] = [];
  const stack = await startLocalStack({
    dataDir,
    redisUrl: testRedisUrl(),
    databaseUrl: database.url,
    env: { KEY_PREFIX: testKeyPrefix(), PARTITIONS: '2', AGENT_URL: undefined },
    serviceEnv: QUICK,
    onNotice: (sentence) => notices.push(sentence),
    ...options,
  }).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  const store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  return {
    stack,
    store,
    dataDir,
    notices,
    report: (callSid, ...messages) => report(stack, callSid, messages),
    record: (callSid) =>
      waitUntil(() => findEnded(store, callSid), { what: `${callSid} has its record`, timeoutMs: 15_000 }),
    close: async () => {
      await stack.stop();
      await store.close();
      await removeData();
    },
  };
}

async function report({ gatewayUrls: [url = ''] }: LocalStack, callSid: string, messages: readonly object[]) {
  const response = await fetch(`${url}/v1/calls/${callSid}/events`, {
    method: 'POST',
    body: JSON.stringify(messages),
    headers: { connection: 'close' },
  });
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
}

async function findEnded(store: CallStore, callSid: string): Promise<StoredCall | undefined> {
  const call = await store.readCall(callSid);
  return call?.status === 'completed' ? call : undefined;
}
