import { randomBytes } from 'node:crypto';
import type { StoredCall } from '@turnlog/call-store';
import { placeCall, speechLikeNoise } from '@turnlog/exotel-simulator';
import type { LocalStack } from '@turnlog/local-stack';
import type { Environment } from '@turnlog/service-kit/config';
import { deferred, sleep, withDeadline } from '@turnlog/service-kit/time';
import { CommandError } from '../command-error.ts';
import { openStore } from '../connections/with-store.ts';
import { DEFAULT_TENANT } from '../flags.ts';
import { readScript, scriptMs } from '../load/agent-script.ts';
import { checkRecords } from '../load/check-records.ts';
import { compareWithExpectation, expectationOf } from '../load/expectation.ts';
import { startSampleAgent, type SampleAgent } from '../load/sample-agent.ts';
import { seedConversation } from '../load/seed-conversation.ts';
import type { Terminal } from '../terminal.ts';
import { formatLogLine, readLogLine } from './log-line.ts';

/** How much faster than real time: the conversation is over in little more than a second. */
export const SAMPLE_SPEED = 20;

const SAMPLE_RATE = 8_000;
/** For steps of a second or two, which take longer on a busy machine. */
const PATIENCE_MS = 60_000;
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

/** One call that shows that everything works: a simulated Exotel calls, and the sample agent holds the conversation. */
export class Sample {
  readonly callSid = `sample-${randomBytes(8).toString('hex')}`;
  readonly #agent: SampleAgent;
  readonly #said: Promise<void>;
  readonly #signal: AbortSignal;
  #hasLastLine = false;

  /** `said` resolves when the agent has reported everything. */
  constructor(agent: SampleAgent, said: Promise<void>, signal: AbortSignal) {
    this.#agent = agent;
    this.#said = said;
    this.#signal = signal;
  }

  /** The gateway that the stack must have for it. */
  get sideGateways(): Readonly<Record<string, Environment>> {
    return { [GATEWAY]: { ...GATEWAY_ENV, AGENT_URL: this.#agent.url } };
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
    const gateway = stack.service(GATEWAY);
    await this.#call(`ws://127.0.0.1:${gateway.port}/exotel/stream`);
    const record = await this.#record(stack.databaseUrl);
    // The record may be in Postgres before the persister's log line arrives.
    const deadline = performance.now() + LAST_LINE_TIMEOUT_MS;
    while (!this.#hasLastLine && performance.now() < deadline) await sleep(POLL_MS);
    await gateway.stop();
    return record;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Calls as Exotel would; the caller hangs up when everything is said. */
  async #call(url: string): Promise<void> {
    const call = placeCall({
      url,
      callSid: this.callSid,
      audio: speechLikeNoise({ seconds: scriptMs(script) / 1000, sampleRate: SAMPLE_RATE }),
      sampleRate: SAMPLE_RATE,
      customParameters: { campaign: 'sample' },
      pace: SAMPLE_SPEED,
      hangUpAfterMs: Infinity,
      signal: this.#signal,
    });
    const said = await withDeadline(Promise.race([this.#said, call.finished]), PATIENCE_MS);
    call.hangUp();
    if (said.timedOut) {
      const seconds = PATIENCE_MS / 1000;
      throw new CommandError(
        `The agent of the sample call had not said everything after ${seconds} s. The logs of the services say more.`,
      );
    }
    const { end } = await call.finished;
    if (end.how === 'hung-up') return;
    throw new CommandError(`The sample call did not go through: ${end.how} ${end.error ?? ''}`.trimEnd());
  }

  /** The record, when everything that was said is in it. */
  #record(databaseUrl: string): Promise<StoredCall> {
    const call = { tenant: DEFAULT_TENANT, callSid: this.callSid };
    const expected = expectationOf(script);
    return openStore(databaseUrl, async (store) => {
      const [wrong] = await checkRecords(store, [this.callSid], {
        tenant: DEFAULT_TENANT,
        problemsOf: (record) => compareWithExpectation(record, expected),
        waitMs: PATIENCE_MS,
        signal: this.#signal,
      });
      const record = await store.readCall(call);
      if (wrong === undefined && record !== undefined) return record;
      throw new CommandError(
        `The sample call's record is not complete: ${wrong?.problems.join('; ')}. The logs of the services say more.`,
      );
    });
  }
}

/** Prepares the sample: its agent listens from now on. */
export async function prepareSample({ signal, now }: Terminal): Promise<Sample> {
  const said = deferred();
  const agent = await startSampleAgent({ script, speed: SAMPLE_SPEED, now, onSaid: said.resolve });
  return new Sample(agent, said.promise, signal);
}
