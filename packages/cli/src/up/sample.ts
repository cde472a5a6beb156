import { randomBytes } from 'node:crypto';
import { type StoredCall } from '@turnlog/call-store';
import { type LocalStack } from '@turnlog/local-stack';
import { sleep } from '@turnlog/service-kit';
import { readScript } from '../simulation/agent-script.ts';
import { startSampleAgent } from '../simulation/sample-agent.ts';
import { seedConversation } from '../simulation/seed-conversation.ts';
import { type Terminal } from '../terminal.ts';
import { formatLogLine, readLogLine } from './log-line.ts';
import { placeSampleCall, SAMPLE_SPEED } from './sample-call.ts';

const LAST_LINE = 'Session successfully persisted to database';
const LAST_LINE_TIMEOUT_MS = 1_000;
const POLL_MS = 10;

/** One call to show that everything works: a simulated Exotel calls, and a sample agent holds the conversation. */
export interface Sample {
  readonly callSid: string;
  /** The AGENT_URL under which a gateway finds the sample agent. */
  readonly agentUrl: string;
  /** A line of a service's log: what it says of the sample call, or nothing. */
  hear(line: string): string | undefined;
  /** Places the call through the stack's first gateway and resolves with its record. */
  place(stack: LocalStack): Promise<StoredCall>;
  close(): Promise<void>;
}

/** Prepares the sample: its agent listens from now on. */
export async function prepareSample({ signal, now }: Terminal): Promise<Sample> {
  const callSid = `sample-${randomBytes(8).toString('hex')}`;
  const script = readScript(seedConversation);
  const agent = await startSampleAgent({ script, speed: SAMPLE_SPEED, now });
  let hasLastLine = false;
  return {
    callSid,
    agentUrl: agent.url,
    hear: (line) => {
      const read = line.includes(callSid) ? readLogLine(line) : undefined;
      if (read?.fields['call_sid'] !== callSid) return undefined;
      hasLastLine ||= read.message === LAST_LINE;
      return formatLogLine(read);
    },
    place: async ({ streamUrls: [streamUrl = ''], databaseUrl }) => {
      const record = await placeSampleCall({ streamUrl, databaseUrl, callSid, script, signal });
      // The record may be read before the persister's word of it has come through.
      const deadline = performance.now() + LAST_LINE_TIMEOUT_MS;
      while (!hasLastLine && performance.now() < deadline) await sleep(POLL_MS);
      return record;
    },
    close: () => agent.close(),
  };
}
