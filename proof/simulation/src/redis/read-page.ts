import {
  JoinedEntries,
  JoinedLog,
  type CallLog,
  type LogPage,
  type LogRequest,
  type PageLimits,
} from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';

/** Small, so that some calls have several pages. */
const MAX_ENTRIES = 25;

/** A page of a call's log, with its head. */
export function readPage(model: RedisModel, request: LogRequest, maxPageBytes: number): LogPage {
  const maxBytes = model.sabotage === 'pages-by-bytes' ? Infinity : maxPageBytes;
  return readEntries(model, request, { maxEntries: MAX_ENTRIES, maxBytes });
}

/** A call's log from an entry on. */
export function readLog(model: RedisModel, request: LogRequest): CallLog {
  return readEntries(model, request, { maxEntries: Infinity, maxBytes: Infinity });
}

function readEntries(
  model: RedisModel,
  { call, fromSeq }: LogRequest,
  { maxEntries, maxBytes }: PageLimits,
): LogPage {
  const { head: stored, log } = model.call(call);
  const texts: string[] = [];
  let bytes = 0;
  for (const text of log.slice(fromSeq - 1)) {
    // A larger single entry is a page by itself.
    if (texts.length > 0 && (texts.length >= maxEntries || bytes + text.length > maxBytes)) break;
    texts.push(text);
    bytes += text.length;
  }
  const isLast = fromSeq - 1 + texts.length >= log.length;
  const { epoch, seq = 0, persisted = 0 } = stored ?? {};
  const head = { call, epoch, lastSeq: seq, persistedSeq: persisted };
  return texts.length === 0
    ? { ...head, entries: [], bytes: 0, isLast }
    : new JoinedLog(head, JoinedEntries.of(fromSeq, texts), isLast);
}
