import { isUtf8 } from 'node:buffer';
import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { runGrouped } from '@turnlog/redis-kit';
import { JoinedLog, lastReadSeq, type LogHead, type LogPage } from './call-log.ts';
import { JoinedEntries } from './joined-entries.ts';
import { type LogEntry } from './joined-entries.ts';
import { pageScript, type PageReply } from './page-script.ts';

/** The call, and the first seq. */
export interface LogRequest {
  readonly call: CallKey;
  readonly fromSeq: number;
  /** The estimated number of entries of a page, from the pages before. */
  readonly pageEntries?: number;
}

/** An ordinary call has fewer entries: they are read in one step. */
const PAGE_ENTRIES = 32;

/** Reads one page of each log in one round trip; the pages are in the order of the requests. */
export type ReadLogPages = (requests: readonly LogRequest[]) => Promise<LogPage[]>;

/** The size of a page. A larger single entry is a page by itself. */
export interface PageLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** A script blocks all other clients while it runs, and many pages are in memory at once. */
const DEFAULT_LIMITS: PageLimits = { maxEntries: 500, maxBytes: 256 * 1024 };

/** The log changed between two pages (another epoch, or erased): those that were read are useless. */
export class LogChangedError extends Error {
  override readonly name = 'LogChangedError';

  constructor({ tenant, callSid }: CallKey) {
    super(`the log of call ${callSid} of ${tenant} was replaced while it was read`);
  }
}

/** Reads pages of the logs of one Redis. */
export function createPageReader(redis: Redis, space: KeySpace, limits = DEFAULT_LIMITS): ReadLogPages {
  const { maxEntries, maxBytes } = limits;
  return async (requests) => {
    const runs = requests.map(({ call, fromSeq, pageEntries = PAGE_ENTRIES }) => {
      const { head, log } = callKeys(space, call);
      return { keys: [head, log], args: [fromSeq, maxEntries, maxBytes, pageEntries] };
    });
    const replies = (await runGrouped(redis, pageScript, runs)) as PageReply[];
    return replies.map((reply, index) => toPage((requests[index] as LogRequest).call, reply));
  };
}

/** A page and those after it, up to the entry that was the last one when the first page was read. */
export async function* followLog(readPages: ReadLogPages, first: LogPage): AsyncGenerator<LogPage> {
  let page: LogPage | undefined = first;
  while (page !== undefined) {
    yield page;
    const readSeq = lastReadSeq(page);
    if (page.isLast || readSeq === undefined || readSeq >= first.lastSeq) return;
    const pageEntries = (page.joined?.count ?? page.entries.length) + 1;
    [page] = await readPages([{ call: first.call, fromSeq: readSeq + 1, pageEntries }]);
    if (page?.epoch !== first.epoch) throw new LogChangedError(first.call);
  }
}

function toPage(call: CallKey, reply: PageReply): LogPage {
  const [epoch, lastSeq, persistedSeq, logBytes, hasMore, firstOfPage, lastOfPage, texts] = reply;
  const head: LogHead = {
    call,
    epoch: epoch?.toString(),
    lastSeq: Number(lastSeq ?? 0),
    persistedSeq: Number(persistedSeq ?? 0),
    ...(logBytes !== null && { logBytes: Number(logBytes) }),
  };
  const isLast = hasMore === 0;
  if (texts === undefined) return { ...head, entries: [], bytes: 0, isLast };
  if (!Buffer.isBuffer(texts)) return { ...head, ...takeApart(texts), isLast };
  const joined = new JoinedEntries(Number(firstOfPage), Number(lastOfPage), texts);
  if (isUtf8(texts)) return new JoinedLog(head, joined, isLast);
  return { ...head, entries: joined.entries(), bytes: texts.length, isLast };
}

function takeApart(idsAndTexts: readonly Buffer[]): Pick<LogPage, 'entries' | 'bytes'> {
  const entries: LogEntry[] = [];
  let bytes = 0;
  for (let i = 0; i + 1 < idsAndTexts.length; i += 2) {
    const text = idsAndTexts[i + 1] as Buffer;
    bytes += text.length;
    entries.push({ seq: Number(idsAndTexts[i]), text: text.toString() });
  }
  return { entries, bytes };
}
