import { type CallKey } from '@turnlog/call-events';
import { JoinedEntries, JoinedLog, type CallLog } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';

/** A stretch of a call's log, with what its head says. */
export function readLog(model: RedisModel, call: CallKey, fromSeq: number): CallLog {
  const { head: stored, log } = model.call(call);
  const texts = log.slice(fromSeq - 1);
  const { epoch, seq = 0, persisted = 0 } = stored ?? {};
  const head = { call, epoch, lastSeq: seq, persistedSeq: persisted };
  return texts.length === 0
    ? { ...head, entries: [] }
    : new JoinedLog(head, JoinedEntries.of(fromSeq, texts));
}
