import { CAUGHT_LUA, defineScript } from '@turnlog/redis-kit';

/** The replies for a batch that was appended, and for one that was left out. */
export const WRITTEN = 1;
export const NO_ROOM = 2;
export const CALL_FULL = 3;

/**
 * Appends batches to the audio streams of calls while Redis has memory that the record does not need. Each
 * run checks it, because another gateway or the record may have filled Redis since the last one. The
 * description of the batches is one argument, because each argument costs the client more than the server. A
 * stream always has an expiry, even one that Redis lost and that starts again.
 *
 * An entry holds the bytes of its call that were written up to it (`n`), so that the budget of a call counts
 * all writers and ends with the stream.
 *
 * KEYS  the stream of each batch
 * ARGV  the batches as JSON (for each its track, sample rate, offset, connection, and whether the stream's
 *       expiry is due to be renewed); the most entries of a stream; its time to live, ms; the share of the
 *       memory above which nothing is written; the most bytes of a call; the samples of each batch
 * Reply whether Redis returns its memory use (1 or 0), then for each batch one of the replies above, or its
 *       error, except for {@link CAUGHT_LUA}
 */
export const appendAudio = defineScript(`${CAUGHT_LUA}
local share, maxCallBytes = tonumber(ARGV[4]), tonumber(ARGV[5])

-- nil if this user may not ask. A server without a limit has the memory of its machine.
local function shareInUse()
  local info = redis.pcall('INFO', 'memory')
  if type(info) ~= 'string' then return nil end
  local used = tonumber(string.match(info, '\\nused_memory:(%d+)'))
  local limit = tonumber(string.match(info, '\\nmaxmemory:(%d+)') or '0')
  if limit == 0 then limit = tonumber(string.match(info, '\\ntotal_system_memory:(%d+)') or '0') end
  if not used or limit == 0 then return nil end
  return used / limit
end

local written = {}
local function bytesOf(key)
  if written[key] then return written[key] end
  local newest = redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1)
  local fields = type(newest) == 'table' and newest[1] and newest[1][2] or {}
  for i = 1, #fields, 2 do
    if fields[i] == 'n' then return tonumber(fields[i + 1]) or 0 end
  end
  return 0
end

local inUse = shareInUse()
local replies = {inUse and 1 or 0}
for i, told in ipairs(cjson.decode(ARGV[1])) do
  local key, samples = KEYS[i], ARGV[5 + i]
  local bytes = bytesOf(key) + #samples
  local reply
  if inUse and inUse >= share then
    reply = ${NO_ROOM}
  elseif bytes > maxCallBytes then
    reply = ${CALL_FULL}
  else
    reply = redis.pcall('XADD', key, 'MAXLEN', '~', ARGV[2], '*',
      't', told[1], 'r', told[2], 'o', told[3], 'c', told[4], 'n', bytes, 'b', samples)
    if type(reply) ~= 'table' then
      if told[5] or redis.pcall('PTTL', key) == -1 then redis.pcall('PEXPIRE', key, ARGV[3]) end
      written[key] = bytes
      reply = ${WRITTEN}
    else
      local error, isOfAll = caught(reply)
      if isOfAll then return error end
      reply = error
    end
  end
  replies[i + 1] = reply
end
return replies
`);
