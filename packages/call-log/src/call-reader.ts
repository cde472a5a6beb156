import { isUtf8 } from 'node:buffer';
import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { type RawEntry } from './feed/feed-entry.ts';
import { callKeys, type KeySpace } from './keys.ts';
import { defineGroupedScript, runGrouped } from './redis/grouped-script.ts';

/** One event as the log holds it. */
export interface LogEntry {
  readonly seq: number;
  /** The encoded event. */
  readonly text: string;
}

/** A stretch of one call's log, read together with its head. */
export interface CallLog {
  readonly call: CallKey;
  /** `undefined` when the call has no log (any more). */
  readonly epoch: string | undefined;
  /** The seq of the newest event. */
  readonly lastSeq: number;
  /** Up to which seq the events are known to be in Postgres. */
  readonly persistedSeq: number;
  readonly entries: readonly LogEntry[];
  /** The texts of all entries as they came, in UTF-8, joined by commas. Missing where they came one by one. */
  readonly joinedTexts?: Buffer;
}

/** Which call, and from which seq on. */
export interface LogRequest {
  readonly call: CallKey;
  readonly fromSeq: number;
}

/** {@link readCallLogs} of one Redis: the logs in the order of the requests. */
export type ReadCallLogs = (requests: readonly LogRequest[]) => Promise<CallLog[]>;

/** A longer stretch is read by itself: a script holds everybody else up for as long as it runs. */
const MAX_SCRIPTED_ENTRIES = 500;

/** U+001E, the record separator of JSON text sequences (RFC 7464): no JSON text can contain it as such. */
const SEPARATOR = '\x1e';
const SEPARATOR_BYTE = 0x1e;
const COMMA_BYTE = 0x2c;

/**
 * A call's head and log at one moment. The entries come as two texts, as taking apart a reply of one value per id, field
 * and text costs a reader more than everything else that it does with a log.
 *
 * KEYS  head, log
 * ARGV  the first seq, the most entries
 * Reply epoch, seq, persisted, the ids joined by spaces, the texts joined by U+001E; without the last two when there are
 *       more entries
 */
const readScript = defineGroupedScript(
  `
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'persisted')
local max = tonumber(ARGV[2])
if (tonumber(head[2]) or 0) - tonumber(ARGV[1]) >= max then return head end
local entries = redis.call('XRANGE', KEYS[2], ARGV[1] .. '-0', '+', 'COUNT', max + 1)
if #entries > max then return head end
local ids, texts = {}, {}
for i, entry in ipairs(entries) do ids[i], texts[i] = entry[1], entry[2][2] end
return {head[1], head[2], head[3], table.concat(ids, ' '), table.concat(texts, '\\30')}
`,
  { repliesBytes: true },
);

type ReadReply = readonly [
  epoch: Buffer | null,
  seq: Buffer | null,
  persisted: Buffer | null,
  ids?: Buffer,
  texts?: Buffer,
];

/** Reads the logs of many calls in one round trip; the entries of long ones, and of such as hold no JSON, in a second. */
export async function readCallLogs(
  redis: Redis,
  space: KeySpace,
  requests: readonly LogRequest[],
): Promise<CallLog[]> {
  const runs = requests.map(({ call, fromSeq }) => {
    const { head, log } = callKeys(space, call);
    return { keys: [head, log], args: [fromSeq, MAX_SCRIPTED_ENTRIES] };
  });
  const replies = (await runGrouped(redis, readScript, runs)) as ReadReply[];
  return Promise.all(
    replies.map(async ([epoch, lastSeq, persistedSeq, ids, texts], index) => {
      const { call, fromSeq } = requests[index] as LogRequest;
      return {
        call,
        epoch: epoch?.toString(),
        lastSeq: Number(lastSeq ?? 0),
        persistedSeq: Number(persistedSeq ?? 0),
        // The head first: an event appended between the two reads shows in the entries, and its feed entry brings us back.
        ...(takeApart(ids, texts) ?? {
          entries: await readEntries(redis, callKeys(space, call).log, fromSeq),
        }),
      };
    }),
  );
}

/** `undefined` where there is nothing to take apart, or a text holds the separator and is no JSON. */
function takeApart(
  joinedIds: Buffer | undefined,
  joinedTexts: Buffer | undefined,
): Pick<CallLog, 'entries' | 'joinedTexts'> | undefined {
  if (joinedIds === undefined || joinedTexts === undefined) return undefined;
  if (joinedIds.length === 0) return { entries: [] };
  const ids = joinedIds.toString('latin1').split(' ');
  const texts = joinedTexts.toString().split(SEPARATOR);
  if (texts.length !== ids.length) return undefined;
  const entries = ids.map((id, index) => ({ seq: Number.parseInt(id, 10), text: texts[index] ?? '' }));
  return isUtf8(joinedTexts) ? { entries, joinedTexts: joinByCommas(joinedTexts) } : { entries };
}

/** In place: the bytes are nobody else's. */
function joinByCommas(texts: Buffer): Buffer {
  let position = texts.indexOf(SEPARATOR_BYTE);
  while (position !== -1) {
    texts[position] = COMMA_BYTE;
    position = texts.indexOf(SEPARATOR_BYTE, position + 1);
  }
  return texts;
}

async function readEntries(redis: Redis, log: string, fromSeq: number): Promise<LogEntry[]> {
  const entries = (await redis.xrange(log, `${fromSeq}-0`, '+')) as RawEntry[];
  return entries.map(([id, fields]) => ({ seq: Number.parseInt(id, 10), text: fields?.[1] ?? '' }));
}
