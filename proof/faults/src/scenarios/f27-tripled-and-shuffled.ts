import { planCalls } from '../load/plan-calls.ts';
import { type AgentMessage, type PlannedCall } from '../ledger/planned-call.ts';
import { reportOverHttp } from '../load/reporter.ts';
import { placeCall } from '@turnlog/exotel-simulator';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';

const PAIRS = 6;
const EVENTS = 120;
const WINDOW = 50;
const SECOND_MS = 1_000;

export const tripledAndShuffled: Scenario = {
  id: 'F27',
  name: 'tripled-and-shuffled',
  title: 'Every event arrives three times, shuffled within 50, across the end of the call',
  pass: 'The transcript is that of a clean run, byte for byte.',
  answer: 'A duplicate is recognised by its id; the fold does not depend on the order of arrival.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const plans = planCalls(
      { calls: PAIRS, eventsPerCall: EVENTS, windowMs: 0 },
      context.rng.fork('pairs'),
      'CA',
    );
    await Promise.all(
      plans.flatMap((plan, index) => {
        const messages = stampAll(plan);
        const tripled = shuffleWithin([...messages, ...messages, ...messages].sort(byTime), context);
        return [
          play(context, `CAclean-${index}`, messages, messages.length),
          play(context, `CAshuffled-${index}`, tripled, Math.floor(tripled.length / 2)),
        ];
      }),
    );
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
    const { rows } = await context.sql.query<{ call_sid: string; row: string }>(
      `select call_sid, full_transcript::text || collected_data::text || coalesce(outcome, '') || coalesce(stage, '') as row
       from call_sessions`,
    );
    const rowOf = new Map(rows.map(({ call_sid: callSid, row }) => [callSid, row]));
    for (const index of plans.keys()) {
      const isSame = rowOf.get(`CAclean-${index}`) === rowOf.get(`CAshuffled-${index}`);
      context.expect(isSame && rowOf.has(`CAclean-${index}`), `pair ${index} is not the same byte for byte`);
    }
  },
};

/** Places a call and reports in batches of odd sizes; the caller hangs up after this many messages. */
async function play(
  context: Context,
  callSid: string,
  messages: readonly AgentMessage[],
  hangUpAfter: number,
): Promise<void> {
  const { ledger, stack, rng } = context;
  const line = placeCall({
    url: stack.streamUrls[0] ?? '',
    callSid,
    audio: 0.1,
    frameMs: 500,
    hangUpAfterMs: Infinity,
  });
  await line.connected;
  for (let start = 0; start < messages.length;) {
    if (start >= hangUpAfter) line.hangUp();
    const batch = messages.slice(start, start + rng.int(1, 9));
    const events = batch.map((message) => ledger.sent(callSid, message));
    const answers = await reportOverHttp(stack.gatewayUrls[0] ?? '', callSid, batch);
    for (const { id } of answers.filter(({ code }) => code === undefined)) {
      for (const event of events) if (event.message.id === id) ledger.acknowledged(callSid, event);
    }
    start += batch.length;
  }
  line.hangUp();
  await line.finished;
  ledger.lineEnded(callSid, 'hung-up');
}

/** Times in the past, a second apart: both calls of a pair have the same content. */
function stampAll({ events }: PlannedCall): AgentMessage[] {
  const startMs = Date.now() - events.length * SECOND_MS;
  return events.map(({ message }, index) => ({ ...message, timestamp: startMs + index * SECOND_MS }));
}

function byTime(a: AgentMessage, b: AgentMessage): number {
  return Number(a['timestamp']) - Number(b['timestamp']);
}

function shuffleWithin(messages: readonly AgentMessage[], { rng }: Context): AgentMessage[] {
  const shuffled: AgentMessage[] = [];
  for (let start = 0; start < messages.length; start += WINDOW) {
    shuffled.push(...rng.shuffle(messages.slice(start, start + WINDOW)));
  }
  return shuffled;
}
