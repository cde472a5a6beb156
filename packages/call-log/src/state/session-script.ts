import { defineScript } from '@turnlog/redis-kit';

/**
 * Saves a call's folded state unless a later one is saved, and acknowledges the feed entries that requested
 * it.
 *
 * KEYS  head, session, turns, activity, checkpoints, log
 * ARGV  member, group, epoch, seq, turns already saved, milliseconds to the next checkpoint, number of
 *       fields, field, value …, number of turns, turn …, then the entry ids
 * Reply {'saved' | 'stale' | 'gone', seq saved before} | {'conflict', turns already saved}
 */
export const saveSessionScript = defineScript(`
local call = redis.call
local head, session, turns, activity, checkpoints = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local member, group, epoch, seq, base = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local nFields = tonumber(ARGV[7])
local firstTurn = 8 + nFields * 2 + 1
local nTurns = tonumber(ARGV[firstTurn - 1])
local firstId = firstTurn + nTurns

local function acknowledge()
  if #ARGV >= firstId then
    call('XACK', activity, group, unpack(ARGV, firstId))
    call('XDEL', activity, unpack(ARGV, firstId))
  end
end

local known = call('HMGET', head, 'epoch', 'open', 'expiring')
local isReleased = known[3] and #call('XRANGE', KEYS[6], '-', '+', 'COUNT', 1) == 0
if known[1] ~= epoch or isReleased then
  acknowledge()
  return {'gone', 0}
end
local saved = call('HMGET', session, 'seq', 'epoch')
local savedSeq = tonumber(saved[1]) or 0
if saved[2] and saved[2] ~= epoch then
  call('DEL', session, turns)
  savedSeq = 0
end
if savedSeq >= seq then
  acknowledge()
  return {'stale', savedSeq}
end
local length = call('LLEN', turns)
if length ~= base then return {'conflict', length} end

for i = firstTurn, firstTurn + nTurns - 1 do call('RPUSH', turns, ARGV[i]) end
call('HSET', session, 'seq', seq, 'epoch', epoch, unpack(ARGV, 8, 7 + nFields * 2))
local left = call('PTTL', KEYS[6])
if left >= 0 then
  call('PEXPIRE', session, left)
  call('PEXPIRE', turns, left)
else
  call('PERSIST', session)
  call('PERSIST', turns)
end
-- Also for a call that never had a connection and is not over: its events come over HTTP alone.
if not known[2] or tonumber(known[2]) > 0 then
  local now = call('TIME')
  -- Never later than it was due, and not in an hour when the clock was set back by one. If the checkpoints
  -- are of another type, only they stop: the sweep reports them.
  redis.pcall('ZADD', checkpoints, 'LT', now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(ARGV[6]), member)
end
acknowledge()
return {'saved', savedSeq}
`);
