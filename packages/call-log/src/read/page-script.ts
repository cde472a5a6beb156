import { defineGroupedScript } from '@turnlog/redis-kit';
import { BETWEEN } from './joined-entries.ts';

/**
 * A call's head and a page of its log at one moment. The page is read in steps; their number of entries
 * depends on the size so far, so that a log of large entries is never in the server's script memory as a
 * whole. The texts are one value, as in `JoinedEntries`: parsing a reply of one value per id, field and text
 * costs more than all other work on a log.
 *
 * KEYS  head, log
 * ARGV  the first seq, the most entries, the most bytes (one entry is returned whatever its size), the
 *       estimated number of entries of a page
 * Reply epoch, seq, persisted, bytes of the whole log, 1 if there are more entries, the seq of the first
 *       entry and of the last (0 without an entry), the texts as one; with a hole, or a line break in a text,
 *       id, text … instead
 */
export const pageScript = defineGroupedScript(
  `
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'persisted', 'bytes')
local maxEntries, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local texts, ids, bytes, count = {}, {}, 0, 0
local from, step = ARGV[1] .. '-0', math.min(tonumber(ARGV[4]), maxEntries)
if head[4] and head[2] then step = math.max(1, math.min(step, math.floor(maxBytes / head[4] * head[2]) + 1)) end
local hasMore, isApart = 0, false

repeat
  local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', step)
  for i = 1, #entries do
    local text = entries[i][2][2]
    if count > 0 and (count == maxEntries or bytes + #text > maxBytes) then
      hasMore = 1
      break
    end
    count, bytes = count + 1, bytes + #text
    texts[count], ids[count] = text, entries[i][1]
    isApart = isApart or string.find(text, '\\n', 1, true)
  end
  local isEnd = #entries < step
  if not isEnd then
    from = '(' .. entries[#entries][1]
    local fitting = math.floor((maxBytes - bytes) / (bytes / count + 1)) + 1
    step = math.max(1, math.min(fitting, maxEntries - count + 1))
  end
until isEnd or hasMore == 1

if count == 0 then return {head[1], head[2], head[3], head[4], hasMore, '0', '0'} end
local first, last = string.match(ids[1], '%d+'), string.match(ids[count], '%d+')
local reply = {head[1], head[2], head[3], head[4], hasMore, first, last}
if isApart or last - first + 1 ~= count then
  local apart = {}
  for i = 1, count do
    apart[i * 2 - 1], apart[i * 2] = string.match(ids[i], '%d+'), texts[i]
  end
  reply[8] = apart
else
  reply[8] = table.concat(texts, ${JSON.stringify(BETWEEN)})
end
return reply
`,
  { repliesBytes: true },
);

/** The reply of the script. */
export type PageReply = readonly [
  ...head: [epoch: Buffer | null, seq: Buffer | null, persisted: Buffer | null, logBytes: Buffer | null],
  ...page: [hasMore: number, firstSeq: Buffer, lastSeq: Buffer, texts?: Buffer | readonly Buffer[]],
];
