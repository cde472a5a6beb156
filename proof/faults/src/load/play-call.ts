import { placeCall, type SimulatedCall } from '@turnlog/exotel-simulator';
import { backoffDelayMs, sleep } from '@turnlog/service-kit';
import { type Ledger } from '../ledger/ledger.ts';
import { type AgentHub } from '../world/agent-hub.ts';
import { type AgentMessage, type LineAudio, type PlannedCall } from '../ledger/planned-call.ts';
import { Reporter } from './reporter.ts';

const REDIAL = { minMs: 300, maxMs: 2_000 };
const FORMATS = {
  usual: { sampleRate: 8_000, frameMs: 500 },
  loud: { sampleRate: 24_000, frameMs: 1_000 },
} as const satisfies Record<LineAudio, object>;

/** Where calls are played. */
export interface Stage {
  readonly ledger: Ledger;
  readonly hub: AgentHub;
  /** One gateway after the other, as a load balancer would. */
  readonly nextGateway: () => { readonly httpUrl: string; readonly streamUrl: string };
  /** The deadline for all attempts. */
  readonly deadline: AbortSignal;
}

/**
 * Plays one call: the carrier opens its line, the agent reports, the caller hangs up, and the agent may
 * report a little more. A cut line is not dialled again, because Exotel does not; the agent continues over
 * HTTP.
 */
export async function playCall(call: PlannedCall, stage: Stage): Promise<void> {
  const { ledger, hub, deadline } = stage;
  const { callSid, via, events, lateEvents } = call;
  await sleep(call.startAfterMs, deadline);
  const line = call.hasLine ? await openLine(call, stage) : undefined;
  const gatewayUrl = (): string => stage.nextGateway().httpUrl;
  const reporter = new Reporter({ callSid, ledger, gatewayUrl, deadline });
  if (via === 'socket') await reporter.takeSockets(hub);

  const stamp = createStamp();
  const lastInTime = events.length - lateEvents;
  for (const [index, { afterMs, message, isRepeated }] of events.entries()) {
    if (index === lastInTime) line?.hangUp();
    await sleep(afterMs, deadline);
    reporter.report(stamp(message), isRepeated);
  }
  await reporter.close();
  line?.hangUp();
  await noteEnd(line, stage);
}

/** Dials until a gateway accepts the call. */
async function openLine(
  { callSid, audio = 'usual' }: PlannedCall,
  stage: Stage,
): Promise<SimulatedCall | undefined> {
  for (let attempt = 0; !stage.deadline.aborted; attempt += 1) {
    const line = placeCall({
      url: stage.nextGateway().streamUrl,
      callSid,
      audio: 0.1,
      ...FORMATS[audio],
      hangUpAfterMs: Infinity,
      handshakeAttempts: 1,
    });
    if (await line.connected) return line;
    await sleep(backoffDelayMs(attempt, REDIAL), stage.deadline);
  }
  return undefined;
}

async function noteEnd(line: SimulatedCall | undefined, { ledger }: Stage): Promise<void> {
  if (line === undefined) return;
  const { end } = await line.finished;
  ledger.lineEnded(line.callSid, end.how === 'hung-up' ? 'hung-up' : 'cut');
}

/** No two messages of a call in the same millisecond: their times are their order. */
function createStamp(): (message: AgentMessage) => AgentMessage {
  let lastMs = 0;
  return (message) => {
    lastMs = Math.max(Date.now(), lastMs + 1);
    return { ...message, timestamp: lastMs };
  };
}
