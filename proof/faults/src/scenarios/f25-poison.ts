import { callKeys, DeadLetters, type StoredDeadLetter } from '@turnlog/call-log';
import { type JsonValue } from '@turnlog/call-events';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { reportOverHttp } from '../load/reporter.ts';
import { acceptCall, refuseCall } from './refuse-call.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog } from '../world/turnlog-command.ts';

const MIB = 1024 * 1024;
const FIVE_MEGABYTES = 5 * MIB;
const NO_EVENT = '{"v":1,"type":"turn.completed","text":"no event \\u0000"';
const ODD_CALL = 'CAodd';
const BROKEN_CALL = 'CApoison-1';
const REFUSED_CALL = 'CApoison-2';

export const poison: Scenario = {
  id: 'F25',
  name: 'poison',
  title:
    'Bad data in a batch of 100: NUL, lone surrogates, 5 MB, deep JSON, an entry that is not an event, a refused row',
  pass: 'All other rows are written; text is stored by its rule; what cannot be stored is one dead letter with its bytes, and can be replayed.',
  answer:
    'NUL and lone surrogates become U+FFFD and the original is kept; a failing batch is bisected; what is refused is dead-lettered.',
  loss: 'nothing: the dead letter has its bytes',
  quick: true,
  stack: {
    redis: { maxMemoryBytes: 64 * MIB },
    serviceEnv: { gateway: { MAX_EVENT_BYTES: String(6 * MIB) } },
  },
  // The entry that is not an event stays: it cannot become one.
  expectations: { deadLetters: [BROKEN_CALL] },
  run: async (context) => {
    const persister = context.stack.service('persister-1');
    await persister.stop();
    // Each over a line, and so at its end: an end that is noticed later would come after the entry that is
    // not an event.
    const shape = { calls: 100, eventsPerCall: 3, windowMs: 6_000, lateEvents: 0, withoutLine: 0 };
    await context.load(shape, 'CApoison').finished;
    await reportOddities(context);
    await plantNoEvent(context);
    await refuseCall(context, REFUSED_CALL);
    await persister.start();
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);

    const letters = await new DeadLetters(context.redisEye, context.space).list();
    context.note('dead letters', letters.length);
    const letterOf = (callSid: string): StoredDeadLetter | undefined =>
      letters.find(({ call }) => call.callSid === callSid);
    context.expect(letters.length === 2, `there are ${letters.length} dead letters, not 2`);
    context.expect(
      letterOf(BROKEN_CALL)?.original === NO_EVENT,
      'the bytes of the entry that is not an event were not kept',
    );
    const rows = await context.store.countCalls();
    context.expect(rows === 100, `${rows} rows are written, not 100 (99 and the odd call)`);

    await acceptCall(context);
    const refused = letterOf(REFUSED_CALL)?.id ?? '';
    await turnlog('dead-letters', 'replay', refused, '--redis', context.redis.url);
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
    context.expect(
      (await context.store.readCall(REFUSED_CALL)) !== undefined,
      'the replay did not write the row',
    );
  },
};

/** Texts that Postgres would refuse, and what they must become; messages that must be refused. */
async function reportOddities(context: Context): Promise<void> {
  const turn = (text: string): JsonValue => ({ speaker: 'user', text });
  const taken: [raw: JsonValue, stored: JsonValue][] = [
    [turn('a\u0000b'), turn('a\uFFFDb')],
    [turn('lone \ud83d surrogate'), turn('lone \uFFFD surrogate')],
    [turn('😀 is whole'), turn('😀 is whole')],
    [turn('x'.repeat(FIVE_MEGABYTES)), turn('x'.repeat(FIVE_MEGABYTES))],
  ];
  for (const [index, [raw, stored]] of taken.entries()) {
    const base = { event: 'turn', id: `odd${index}`, timestamp: Date.now() + index };
    await report(context, { ...base, turn: raw }, { ...base, turn: stored });
  }
  const collect = { event: 'collect', id: 'deep', timestamp: Date.now(), data: { deep: nested(50) } };
  await report(context, collect, collect);
  const refused: AgentMessage[] = [
    { event: 'collect', id: 'too deep', timestamp: Date.now(), data: { deep: nested(80) } },
    { event: 'turn', id: 'enum', timestamp: Date.now(), turn: { speaker: 'stranger', text: 'hello' } },
  ];
  for (const message of refused) await report(context, message, message, true);
}

async function report(
  { ledger, stack, expect }: Context,
  raw: AgentMessage,
  stored: AgentMessage,
  isRefused = false,
): Promise<void> {
  const event = ledger.sent(ODD_CALL, stored);
  const [answer] = await reportOverHttp(stack.gatewayUrls[0] ?? '', ODD_CALL, [raw]);
  if (answer?.code !== undefined) ledger.refused(ODD_CALL, event, answer.code);
  else if (answer !== undefined) ledger.acknowledged(ODD_CALL, event);
  const wanted = isRefused ? 'refused' : 'acknowledged';
  expect(
    event.state === wanted,
    `${raw.id} was ${event.state} (${answer?.code ?? 'no code'}), not ${wanted}`,
  );
}

/** Bytes in the log that no version of this system has written. */
async function plantNoEvent({ redisEye, space }: Context): Promise<void> {
  const { log, head } = callKeys(space, { tenant: 'default', callSid: BROKEN_CALL });
  const seq = Number(await redisEye.hget(head, 'seq')) + 1;
  await redisEye.xadd(log, `${seq}-0`, 'e', NO_EVENT);
  await redisEye.hset(head, 'seq', seq);
}

function nested(depth: number): JsonValue {
  return depth === 0 ? 'ground' : { in: nested(depth - 1) };
}
