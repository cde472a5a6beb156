import { isUtf8 } from 'node:buffer';
import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { type RawEntry } from '../feed/feed-entry.ts';
import { callKeys, type KeySpace } from '../keys.ts';
import { defineGroupedScript, runGrouped } from '../redis/grouped-script.ts';
import { JoinedLog, type CallLog } from './call-log.ts';
import { BETWEEN, JoinedEntries } from './joined-entries.ts';
import { type LogEntry } from './log-entry.ts';

/** Which call, and from which seq on. */
export interface LogRequest {
  readonly call: CallKey;
  readonly fromSeq: number;
}

/** {@link readCallLogs} of one Redis: the logs in the order of the requests. */
export type ReadCallLogs = (requests: readonly LogRequest[]) => Promise<CallLog[]>;

/** A longer stretch is read by itself: a script holds everybody else up for as long as it runs. */
const MAX_SCRIPTED_ENTRIES = 500;
const MAX_SCRIPTED_BYTES = 1024 * 1024;

/**
 * A call's head and log at one moment. The texts come as one, as {@link JoinedEntries} has them: to take apart a reply of
 * one value per id, field and text costs a reader more than everything else that it does with a log.
 *
 * KEYS  head, log
 * ARGV  the first seq, the most entries, the most bytes
 * Reply epoch, seq, persisted, the seq of the first entry and of the last, the texts; without the texts where there is no
 *       entry, and without the last three where there is more than that, a hole, or a line break in a text
 */
const readScript = defineGroupedScript(
  `
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'persisted')
local max = tonumber(ARGV[2])
if (tonumber(head[2]) or 0) - tonumber(ARGV[1]) >= max then return head end
local entries = redis.call('XRANGE', KEYS[2], ARGV[1] .. '-0', '+', 'COUNT', max + 1)
local count = #entries
if count == 0 then return {head[1], head[2], head[3], '0', '0'} end
local first, last = string.match(entries[1][1], '%d+'), string.match(entries[count][1], '%d+')
if count > max or last - first + 1 ~= count then return head end
local texts, bytes = {}, 0
for i = 1, count do
  local text = entries[i][2][2]
  bytes = bytes + #text
  if bytes > tonumber(ARGV[3]) or string.find(text, '\\n', 1, true) then return head end
  texts[i] = text
end
return {head[1], head[2], head[3], first, last, table.concat(texts, ${JSON.stringify(BETWEEN)})}
`,
  { repliesBytes: true },
);

type ReadReply = readonly [
  epoch: Buffer | null,
  seq: Buffer | null,
  persisted: Buffer | null,
  firstSeq?: Buffer,
  lastSeq?: Buffer,
  texts?: Buffer,
];

/** Reads the logs of many calls in one round trip; the entries of such as don't come in one piece, in a second. */
export async function readCallLogs(
  redis: Redis,
  space: KeySpace,
  requests: readonly LogRequest[],
): Promise<CallLog[]> {
  const runs = requests.map(({ call, fromSeq }) => {
    const { head, log } = callKeys(space, call);
    return { keys: [head, log], args: [fromSeq, MAX_SCRIPTED_ENTRIES, MAX_SCRIPTED_BYTES] };
  });
  const replies = (await runGrouped(redis, readScript, runs)) as ReadReply[];
  return Promise.all(
    replies.map((reply, index) => toLog(redis, space, requests[index] as LogRequest, reply)),
  );
}

async function toLog(
  redis: Redis,
  space: KeySpace,
  { call, fromSeq }: LogRequest,
  [epoch, lastSeq, persistedSeq, first, last, texts]: ReadReply,
): Promise<CallLog> {
  const head = {
    call,
    epoch: epoch?.toString(),
    lastSeq: Number(lastSeq ?? 0),
    persistedSeq: Number(persistedSeq ?? 0),
  };
  if (texts !== undefined && isUtf8(texts))
    return new JoinedLog(head, new JoinedEntries(Number(first), Number(last), texts));
  const isEmpty = first !== undefined && texts === undefined;
  // The head first: an event appended between the two reads shows in the entries, and its feed entry brings us back.
  return { ...head, entries: isEmpty ? [] : await readEntries(redis, callKeys(space, call).log, fromSeq) };
}

async function readEntries(redis: Redis, log: string, fromSeq: number): Promise<LogEntry[]> {
  const entries = (await redis.xrange(log, `${fromSeq}-0`, '+')) as RawEntry[];
  return entries.map(([id, fields]) => ({ seq: Number.parseInt(id, 10), text: fields?.[1] ?? '' }));
}
