import { placeCall, type SimulatedCall } from '@turnlog/exotel-simulator';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';

const CALLS = 15;

export const twoGateways: Scenario = {
  id: 'F28',
  name: 'two-gateways',
  title:
    'Two gateways have a connection of the same call; one ends with a stop and the other is cut at the same time',
  pass: 'One row with the union of both.',
  answer: 'Connections of a call are folded together; the carrier’s own end takes precedence over a cut.',
  loss: 'nothing',
  quick: true,
  stack: { gateways: 2 },
  run: async (context) => {
    const callSids = Array.from({ length: CALLS }, (_, index) => `CAtwice-${index + 1}`);
    await Promise.all(callSids.map((callSid) => playTwice(context, callSid)));
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
    const { rows } = await context.sql.query<{ call_sid: string; connections: number; end_reason: string }>(
      `select call_sid, (metrics ->> 'connections')::integer as connections, end_reason from call_sessions`,
    );
    context.expect(rows.length === CALLS, `${rows.length} rows, not ${CALLS}`);
    for (const { call_sid: callSid, connections, end_reason: endReason } of rows) {
      context.expect(connections === 2, `${callSid} has ${connections} connections, not 2`);
      context.expect(
        endReason === 'callended',
        `${callSid} ended by ${endReason}, not by the carrier's word`,
      );
    }
  },
};

async function playTwice(context: Context, callSid: string): Promise<void> {
  const { stack, ledger } = context;
  const place = (url = ''): SimulatedCall =>
    placeCall({ url, callSid, audio: 0.1, frameMs: 500, hangUpAfterMs: Infinity });
  const lines = stack.streamUrls.map(place);
  await Promise.all(lines.map((line) => line.connected));
  await report(context, callSid);
  await sleep(context.rng.int(0, 300));
  lines[0]?.hangUp();
  lines[1]?.drop('terminate');
  await Promise.all(lines.map((line) => line.finished));
  ledger.lineEnded(callSid, 'hung-up');
  ledger.lineEnded(callSid, 'cut');
}

/** Both gateways receive turns, alternately. */
async function report(context: Context, callSid: string): Promise<void> {
  await context.play({
    callSid,
    startAfterMs: 0,
    via: 'http',
    hasLine: false,
    lateEvents: 0,
    events: Array.from({ length: 8 }, (_, index) => ({
      afterMs: 50,
      isRepeated: true,
      message: { event: 'turn', id: `e${index}`, turn: { speaker: 'user', text: `turn ${index}` } },
    })),
  });
}
