import { CAUGHT_LUA, defineScript } from '@turnlog/redis-kit';

/** The replies for a batch that is in its stream, and for one that was left out. */
export const WRITTEN = 1;
export const NO_ROOM = 2;
export const CALL_FULL = 3;

/**
 * Appends batches to the audio streams of calls, as long as Redis has room that the record does not need. Each run looks
 * for itself, because another gateway, or the record, may have filled Redis since the last one. What is told of the
 * batches is one argument, as each costs a client more than the server. A stream never goes without an expiry, even one
 * that Redis has lost and that begins anew.
 *
 * An entry holds how many bytes of its call were written up to it (`n`), so that the budget of a call holds whoever
 * writes, and ends with the stream.
 *
 * KEYS  the stream of each batch
 * ARGV  what is told of the batches (JSON: of each its track, sample rate, offset, connection, and whether the stream's
 *       expiry is due to be renewed); the most entries of a stream; how long it is kept, ms; the share of the memory
 *       above which nothing is written; the most bytes of a call; the samples of each batch
 * Reply whether Redis tells how much memory it uses (1 or 0), then for each batch one of the replies above, or the error
 *       that kept it out, but for {@link CAUGHT_LUA}
 */
export const appendAudio = defineScript(`${CAUGHT_LUA}
local share, maxCallBytes = tonumber(ARGV[4]), tonumber(ARGV[5])

-- nil where this user may not ask. Without a limit of its own, a server has the memory of its machine.
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
