import { randomBytes } from 'node:crypto';
import { type StoredCall } from '@turnlog/call-store';
import { type LocalStack } from '@turnlog/local-stack';
import { deferred, sleep, type Environment } from '@turnlog/service-kit';
import { readScript } from '../load/agent-script.ts';
import { startSampleAgent } from '../load/sample-agent.ts';
import { seedConversation } from '../load/seed-conversation.ts';
import { type Terminal } from '../terminal.ts';
import { formatLogLine, readLogLine } from './log-line.ts';
import { placeSampleCall, SAMPLE_SPEED } from './sample-call.ts';

const LAST_LINE = 'Session successfully persisted to database';
const LAST_LINE_TIMEOUT_MS = 3_000;
const POLL_MS = 10;

/** The sample has a gateway to itself: real calls never meet its agent, and theirs isn't touched when it is over. */
const GATEWAY = 'gateway-sample';
const GATEWAY_ENV: Environment = {
  HOST: '127.0.0.1',
  // The tenants that there may be already have nothing to do with it.
  AUTHENTICATE: 'never',
  AGENT_LINGER_MS: '500',
  DRAIN_DEADLINE_MS: '500',
  // What is kept of real calls on disk, and how many copies they need, is no concern of the sample.
  DURABILITY: undefined,
  SPOOL_DIR: undefined,
};

/** One call to show that everything works: a simulated Exotel calls, and a sample agent holds the conversation. */
export interface Sample {
  readonly callSid: string;
  /** The gateway that the stack has to have for it. */
  readonly sideGateways: Readonly<Record<string, Environment>>;
  /** A line of a service's log: what it says of the sample call, or nothing. */
  hear(line: string): string | undefined;
  /** Places the call through its gateway, which is stopped afterwards, and resolves with its record. */
  place(stack: LocalStack): Promise<StoredCall>;
  close(): Promise<void>;
}

/** Prepares the sample: its agent listens from now on. */
export async function prepareSample({ signal, now }: Terminal): Promise<Sample> {
  const callSid = `sample-${randomBytes(8).toString('hex')}`;
  const script = readScript(seedConversation);
  const said = deferred();
  const agent = await startSampleAgent({ script, speed: SAMPLE_SPEED, now, onSaid: said.resolve });
  let hasLastLine = false;
  return {
    callSid,
    sideGateways: { [GATEWAY]: { ...GATEWAY_ENV, AGENT_URL: agent.url } },
    hear: (line) => {
      const read = line.includes(callSid) ? readLogLine(line) : undefined;
      if (read?.fields['call_sid'] !== callSid) return undefined;
      hasLastLine ||= read.message === LAST_LINE;
      return formatLogLine(read);
    },
    place: async (stack) => {
      const { databaseUrl } = stack;
      const gateway = stack.service(GATEWAY);
      const streamUrl = `ws://127.0.0.1:${gateway.port}/exotel/stream`;
      const call = { streamUrl, databaseUrl, callSid, script, said: said.promise, signal };
      const record = await placeSampleCall(call);
      // The record may be read before the persister's word of it has come through.
      const deadline = performance.now() + LAST_LINE_TIMEOUT_MS;
      while (!hasLastLine && performance.now() < deadline) await sleep(POLL_MS);
      await gateway.stop();
      return record;
    },
    close: () => agent.close(),
  };
}
