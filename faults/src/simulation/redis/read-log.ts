import { type CallKey } from '@turnlog/call-events';
import { type CallLog } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';

/** A stretch of a call's log, with what its head says. */
export function readLog(model: RedisModel, call: CallKey, fromSeq: number): CallLog {
  const { head, log } = model.call(call);
  const entries = log.slice(fromSeq - 1).map((text, index) => ({ seq: fromSeq + index, text }));
  const { epoch, seq = 0, persisted = 0 } = head ?? {};
  return { call, epoch, lastSeq: seq, persistedSeq: persisted, entries };
}
