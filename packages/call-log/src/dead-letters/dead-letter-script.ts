import { defineScript } from '@turnlog/redis-kit';

/**
 * Writes a dead letter and acknowledges the feed entries that led to it, in one step. A letter with the same
 * key that still exists is not written twice. One that was removed is written again only for entries that are
 * still in the feed, because a request may arrive late, after a replay. Nothing is written for an erased
 * call.
 *
 * A letter that points at the log instead of holding its content pins the log: the head field `pinned` counts
 * these letters, and a pinned call does not expire.
 *
 * KEYS  head, dead, persist, log, ids
 * ARGV  letter key, group, '1' if it points at the log, number of fields, field, value …, then the entry ids
 * Reply the id of the letter; '' for an erased call
 */
export const deadLetterScript = defineScript(
  `
local call = redis.call
local nFields = tonumber(ARGV[4])
local mark = 'd:' .. ARGV[1]
-- The head itself may be broken. A log that the server does not let us check is assumed to exist.
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
 * Puts a call back into the persist feed with no deliveries, and removes its dead letter. A letter whose call
 * has no log stays: it is the last copy of its content.
 *
 * KEYS  dead, persist, log, head
 * ARGV  letter id, member, seq, '1' if the letter points at the log
 * Reply 1 if it was replayed
 */
export const replayScript = defineScript(`
if redis.call('EXISTS', KEYS[3]) == 0 or redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[4] == '1' and redis.call('HINCRBY', KEYS[4], 'pinned', -1) < 1 then redis.call('HDEL', KEYS[4], 'pinned') end
redis.call('HDEL', KEYS[4], 'trials')
redis.call('XADD', KEYS[2], '*', 'c', ARGV[2], 's', ARGV[3], 'r', 'replay')
return 1
`);
