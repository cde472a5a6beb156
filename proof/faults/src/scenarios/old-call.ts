import { callId, createEvent, encodeEvent, type JsonValue, type KnownEvent } from '@turnlog/call-events';
import { callKeys, partitionKeys, partitionOf } from '@turnlog/call-log';
import { type LedgerEvent } from '../ledger/ledger.ts';
import { type Context } from './scenario.ts';

const EVENTS_AT_ONCE = 10;
const RUN = 'a-run-of-the-version-before';

/** A call in Redis as an older version left it. */
export interface OldCall {
  /** Its events must be in the record. */
  readonly acknowledge: () => void;
}

/**
 * Writes a finished call with this many tool results into Redis, beyond every limit, as the previous version
 * wrote it.
 */
export async function plantOldCall(
  { redisEye, space, ledger }: Context,
  callSid: string,
  toolResults: number,
  result: JsonValue,
): Promise<OldCall> {
  const call = { tenant: 'default', callSid };
  const { log, head } = callKeys(space, call);
  const { activity, persist } = partitionKeys(space, partitionOf(space, call));
  const origin = { call, source: callSid, atMs: Date.now() };
  const messages = Array.from({ length: toolResults }, (_, index) => ({
    event: 'tool',
    id: `e${index + 1}`,
    name: 'lookup',
    result,
    timestamp: origin.atMs,
  }));
  const sent: LedgerEvent[] = [];
  let seq = 0;
  const add = async (events: readonly KnownEvent[]): Promise<void> => {
    const pipeline = redisEye.pipeline();
    for (const event of events) pipeline.xadd(log, `${(seq += 1)}-0`, 'e', encodeEvent(event));
    await pipeline.exec();
  };
  await add([createEvent('call.started', { connectionId: callSid }, origin)]);
  for (let from = 0; from < messages.length; from += EVENTS_AT_ONCE) {
    const some = messages.slice(from, from + EVENTS_AT_ONCE);
    sent.push(...some.map((message) => ledger.sent(callSid, message)));
    await add(
      some.map(({ id, name, result: found }) =>
        createEvent('tool.called', { name, result: found }, { ...origin, id: `tool:${id}` }),
      ),
    );
  }
  await add([createEvent('call.ended', { connectionId: callSid, reason: 'callended' }, origin)]);
  const fields = { epoch: `${origin.atMs}.1-${RUN}`, seq, persisted: 0, open: 0, [`c:${callSid}`]: 'closed' };
  await redisEye.hset(head, fields);
  await redisEye.xadd(activity, '*', 'c', callId(call), 's', seq);
  await redisEye.xadd(persist, '*', 'c', callId(call), 's', seq, 'r', 'closed');
  ledger.lineEnded(callSid, 'hung-up');
  return {
    acknowledge: () => {
      for (const event of sent) ledger.acknowledged(callSid, event);
    },
  };
}
