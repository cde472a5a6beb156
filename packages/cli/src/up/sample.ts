import { randomBytes } from 'node:crypto';
import { type StoredCall } from '@turnlog/call-store';
import { type LocalStack } from '@turnlog/local-stack';
import { deferred, sleep, type Environment } from '@turnlog/service-kit';
import { readScript } from '../load/agent-script.ts';
import { startSampleAgent, type SampleAgent } from '../load/sample-agent.ts';
import { seedConversation } from '../load/seed-conversation.ts';
import { type Terminal } from '../terminal.ts';
import { formatLogLine, readLogLine } from './log-line.ts';
import { placeSampleCall, SAMPLE_SPEED } from './sample-call.ts';

const LAST_LINE = 'Session successfully persisted to database';
const LAST_LINE_TIMEOUT_MS = 3_000;
const POLL_MS = 10;

/** The sample has its own gateway: no real call reaches its agent, and real calls continue when it stops. */
const GATEWAY = 'gateway-sample';
const GATEWAY_ENV: Environment = {
  HOST: '127.0.0.1',
  // It works without a secret, even if there are tenants.
  AUTHENTICATE: 'never',
  AGENT_LINGER_MS: '500',
  DRAIN_DEADLINE_MS: '500',
  // The sample needs no replicas and no spool.
  DURABILITY: undefined,
  SPOOL_DIR: undefined,
};

const script = readScript(seedConversation);

interface SampleParts {
  readonly agent: SampleAgent;
  /** Resolves when the agent has reported everything. */
  readonly said: Promise<void>;
  readonly signal: AbortSignal;
}

/** One call that shows that everything works: a simulated Exotel calls, and the sample agent holds the conversation. */
export class Sample {
  readonly callSid = `sample-${randomBytes(8).toString('hex')}`;
  readonly #parts: SampleParts;
  #hasLastLine = false;

  constructor(parts: SampleParts) {
    this.#parts = parts;
  }

  /** The gateway that the stack must have for it. */
  get sideGateways(): Readonly<Record<string, Environment>> {
    return { [GATEWAY]: { ...GATEWAY_ENV, AGENT_URL: this.#parts.agent.url } };
  }

  /** Takes a log line of a service. Returns it for people if it is about the sample call. */
  takeLine(line: string): string | undefined {
    const read = line.includes(this.callSid) ? readLogLine(line) : undefined;
    if (read?.fields['call_sid'] !== this.callSid) return undefined;
    this.#hasLastLine ||= read.message === LAST_LINE;
    return formatLogLine(read);
  }

  /** Places the call through its gateway, which it stops afterwards. Resolves with the call's record. */
  async place(stack: LocalStack): Promise<StoredCall> {
    const { said, signal } = this.#parts;
    const { databaseUrl } = stack;
    const gateway = stack.service(GATEWAY);
    const streamUrl = `ws://127.0.0.1:${gateway.port}/exotel/stream`;
    const record = await placeSampleCall({
      ...{ streamUrl, databaseUrl, script, said, signal },
      callSid: this.callSid,
    });
    // The record may be in Postgres before the persister's log line arrives.
    const deadline = performance.now() + LAST_LINE_TIMEOUT_MS;
    while (!this.#hasLastLine && performance.now() < deadline) await sleep(POLL_MS);
    await gateway.stop();
    return record;
  }

  close(): Promise<void> {
    return this.#parts.agent.close();
  }
}

/** Prepares the sample: its agent listens from now on. */
export async function prepareSample({ signal, now }: Terminal): Promise<Sample> {
  const said = deferred();
  const agent = await startSampleAgent({ script, speed: SAMPLE_SPEED, now, onSaid: said.resolve });
  return new Sample({ agent, said: said.promise, signal });
}
