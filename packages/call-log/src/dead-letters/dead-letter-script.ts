import { defineScript } from '@turnlog/redis-kit';

/**
 * Sets a call or an event aside, and acknowledges the feed entries that led to it, in one step. A letter of the same
 * key that still lies there is not written twice; one that was taken away only for entries that are still in the feed, as
 * a request may come late, after a replay. Of an erased call nothing is written.
 *
 * A letter that points at the log instead of holding its content pins the log: the head field `pinned` counts these
 * letters, and a pinned call does not expire.
 *
 * KEYS  head, dead, persist, log, ids
 * ARGV  letter key, group, '1' when it points at the log, number of fields, field, value …, then the entry ids
 * Reply the id of the letter; '' for an erased call
 */
export const deadLetterScript = defineScript(
  `
local call = redis.call
local nFields = tonumber(ARGV[4])
local mark = 'd:' .. ARGV[1]
-- It may be the head itself that is broken. A server that does not let us look is taken to have it.
local kind = redis.pcall('TYPE', KEYS[1])
local hasHead = kind.ok == 'hash' or kind.err ~= nil and call('EXISTS', KEYS[1]) == 1
local id = hasHead and call('HGET', KEYS[1], mark)
local isErased = hasHead and call('HEXISTS', KEYS[1], 'erased') == 1
local first = 5 + nFields * 2

local function isAskedFor()
  for i = first, #ARGV do
    if #call('XRANGE', KEYS[3], ARGV[i], ARGV[i]) > 0 then return true end
  end
  return #ARGV < first
end

if isErased then
  id = ''
elseif not id or #call('XRANGE', KEYS[2], id, id) == 0 and isAskedFor() then
  id = call('XADD', KEYS[2], '*', unpack(ARGV, 5, 4 + nFields * 2))
  if hasHead then call('HSET', KEYS[1], mark, id) end
  if hasHead and ARGV[3] == '1' then
    call('HINCRBY', KEYS[1], 'pinned', 1)
    call('HDEL', KEYS[1], 'expiring')
    for _, key in ipairs({KEYS[1], KEYS[4], KEYS[5]}) do call('PERSIST', key) end
  end
end
if #ARGV >= first then
  call('XACK', KEYS[3], ARGV[2], unpack(ARGV, first))
  call('XDEL', KEYS[3], unpack(ARGV, first))
end
return id
`,
  { runsWithoutMemory: true },
);

/**
 * Puts a call back into the persist feed, as one that was never tried, and takes its letter away. A letter whose call has no log any more stays: it is
 * the last copy of what it holds.
 *
 * KEYS  dead, persist, log, head
 * ARGV  letter id, member, seq, '1' when the letter points at the log
 * Reply 1 when it was done
 */
export const replayScript = defineScript(`
if redis.call('EXISTS', KEYS[3]) == 0 or redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[4] == '1' and redis.call('HINCRBY', KEYS[4], 'pinned', -1) < 1 then redis.call('HDEL', KEYS[4], 'pinned') end
redis.call('HDEL', KEYS[4], 'trials')
redis.call('XADD', KEYS[2], '*', 'c', ARGV[2], 's', ARGV[3], 'r', 'replay')
return 1
`);
