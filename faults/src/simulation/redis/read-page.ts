import { JoinedEntries, JoinedLog, type CallLog, type LogPage, type LogRequest } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';

/** Small, so that some calls have several pages. */
const MAX_ENTRIES = 25;

/** A page of a call's log, with what its head says. */
export function readPage(model: RedisModel, request: LogRequest): LogPage {
  return readEntries(model, request, MAX_ENTRIES);
}

/** A call's log from an entry on. */
export function readLog(model: RedisModel, request: LogRequest): CallLog {
  return readEntries(model, request, Number.MAX_SAFE_INTEGER);
}

function readEntries(model: RedisModel, { call, fromSeq }: LogRequest, maxEntries: number): LogPage {
  const { head: stored, log } = model.call(call);
  const texts = log.slice(fromSeq - 1, fromSeq - 1 + maxEntries);
  const isLast = fromSeq - 1 + maxEntries >= log.length;
  const { epoch, seq = 0, persisted = 0 } = stored ?? {};
  const head = { call, epoch, lastSeq: seq, persistedSeq: persisted };
  return texts.length === 0
    ? { ...head, entries: [], bytes: 0, isLast }
    : new JoinedLog(head, JoinedEntries.of(fromSeq, texts), isLast);
}
