import { callKeys, DeadLetters } from '@turnlog/call-log';
import { type JsonValue } from '@turnlog/call-events';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { plantOldCall } from './old-call.ts';
import { reportAll } from './report-events.ts';
import { type Context, type Scenario } from './scenario.ts';
import { until } from './until.ts';

const MIB = 1024 * 1024;
/** The default; what a call may exceed it by is not a report. */
const MAX_CALL_BYTES = 16 * MIB;
const EVENT_BYTES = 1_000_000;
const GIANT_EVENTS = 20;
/** A log of the version before there was a limit. */
const OLD_CALL = 'CAold';
const OLD_EVENTS = 220;
/** Less memory than one giant takes as objects in one piece. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=256' };
const NEIGHBOURS_WITHIN_S = 30;

/** 3 bytes each as text. Shared by all messages: the suite itself must not run out of memory. */
const OBJECTS: JsonValue = Array.from({ length: Math.floor(EVENT_BYTES / 3) }, () => ({}));

const TEXT = 'word '.repeat(EVENT_BYTES / 5);

/** Its row needs all of it as objects at a time, which do not fit into a small heap. */
const FIELDS_CALL = 'CAgiant-fields';

type Giant = (id: string) => AgentMessage;

/** Contents that take many times their bytes as objects, and plain ones. */
const GIANTS: Readonly<Record<string, Giant>> = {
  'CAgiant-objects': (id) => ({ event: 'tool', id, name: 'lookup', result: OBJECTS }),
  'CAgiant-text': (id) => ({ event: 'turn', id, turn: { speaker: 'user', text: TEXT } }),
  [FIELDS_CALL]: (id) => ({ event: 'collect', id, data: { [id]: OBJECTS } }),
};

export const giantCalls: Scenario = {
  id: 'F46',
  name: 'giant-calls',
  title:
    'Calls of the largest size and above, and one of 220 MB that predates the limit, beside small ones, with small heaps',
  pass: 'What exceeds the limit is refused with `call_full` before it is acknowledged, no process dies, and other calls are recorded within 30 s.',
  answer:
    'The append limits the bytes of a call; logs are read, folded and written in pages; a call that cannot be a row gets a dead letter that points at its log.',
  loss: 'nothing: what is refused was not acknowledged',
  quick: false,
  alone: true,
  stack: {
    redis: { maxMemoryBytes: 1024 * MIB },
    serviceEnv: { gateway: SMALL_HEAP, session: SMALL_HEAP, persister: SMALL_HEAP },
  },
  expectations: { quietWithinMs: 180_000, mayBeDeadLetters: [OLD_CALL, FIELDS_CALL] },
  run: async (context) => {
    const load = context.load();
    const old = await plantOldCall(context, OLD_CALL, OLD_EVENTS, OBJECTS);
    await Promise.all(Object.entries(GIANTS).map(([callSid, giant]) => reportGiant(context, callSid, giant)));
    const seconds = await context.recovered();
    context.expect(
      seconds < NEIGHBOURS_WITHIN_S,
      `a small call was recorded only after ${seconds.toFixed(1)} s`,
    );
    await load.finished;
    await expectOldCall(context, old.acknowledge);
  },
};

async function reportGiant(context: Context, callSid: string, giant: Giant): Promise<void> {
  const messages = Array.from({ length: GIANT_EVENTS }, (_, index) => ({
    ...giant(`e${index + 1}`),
    timestamp: Date.now() + index,
  }));
  const { taken, refusals } = await reportAll(context, callSid, messages, {
    perRequest: 2,
    withinMs: 120_000,
  });
  context.note(callSid, `${taken} MB taken`);
  const isInBounds = taken * EVENT_BYTES <= MAX_CALL_BYTES && (taken + 2) * EVENT_BYTES > MAX_CALL_BYTES;
  context.expect(isInBounds, `${taken} MB of ${callSid} were taken`);
  const told = [...refusals].map(([code, count]) => `${code} ${count}`).join(', ');
  context.expect(
    refusals.get('call_full') === GIANT_EVENTS - taken,
    `the rest of ${callSid} was refused with ${told || 'nothing'}`,
  );
}

/** It has become a row, or a dead letter that leaves its log where it is. */
async function expectOldCall(context: Context, acknowledge: () => void): Promise<void> {
  const { store, redisEye, space } = context;
  const letters = new DeadLetters(redisEye, space);
  const lettersOfOld = async () => (await letters.list()).filter(({ call }) => call.callSid === OLD_CALL);
  const hasRow = async (): Promise<boolean> => (await store.readCall(OLD_CALL)) !== undefined;
  const isSettled = await until(async () => (await lettersOfOld()).length > 0 || (await hasRow()), 120_000);
  context.expect(isSettled, 'the call from before the limit is neither a row nor a dead letter');
  const [letter] = await lettersOfOld();
  if (letter === undefined) {
    acknowledge();
    context.note('call from before the limit', 'a row');
    return;
  }
  context.note('call from before the limit', `a dead letter: ${letter.reason}`);
  const { log } = callKeys(space, { tenant: 'default', callSid: OLD_CALL });
  const [length, ttlMs] = [await redisEye.xlen(log), await redisEye.pttl(log)];
  context.expect(
    length === OLD_EVENTS + 2 && ttlMs === -1,
    `the log that the dead letter points at has ${length} entries and ${ttlMs} ms to live`,
  );
  const bytes = JSON.stringify(letter).length;
  context.expect(bytes < MIB, `the dead letter itself has ${bytes} bytes`);
}
