import { defineScript } from '../redis/script.ts';

/**
 * Appends events to one call's log and tells the feeds.
 *
 * KEYS  head, log, ids, activity, persist, live
 * ARGV  member, epoch to begin with, most events, source ('' for an unordered one), sequence of the first event in
 *       its source, "only when not seen since" in ms ('' for always), then four for each event:
 *       text, id to remember ('' for none), 'open' | 'close' | '', connection id
 * Reply {'gap', expected} | {'seen'} | {'ok', epoch, result …}; a result is the event's seq, minus the seq of the
 *       event that it repeats, 0 for a repeat whose seq is not at hand, or 'full'.
 *
 * Head fields: epoch, seq, persisted, open (connections), expiring, s:<source> (its last sequence),
 * c:<connection> ('open' or 'closed').
 */
export const appendScript = defineScript(`
local head, log, ids, activity, persist, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local member, maxEvents, source, unseenSince = ARGV[1], tonumber(ARGV[3]), ARGV[4], ARGV[6]
local sourceSeq = tonumber(ARGV[5])
local call = redis.call

if unseenSince ~= '' then
  local seen = call('ZSCORE', live, member)
  if not seen or tonumber(seen) > tonumber(unseenSince) then return {'seen'} end
end

local known = call('HMGET', head, 'seq', 'epoch', 'open', 'expiring', 's:' .. source)
local seq, epoch, open = tonumber(known[1]) or 0, known[2] or ARGV[2], tonumber(known[3])
local lastOfSource = tonumber(known[5]) or 0
if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end

local reply = {'ok', epoch}
local firstNew = seq + 1
local hasClosed = false
local changes = {'epoch', epoch}

for i = 7, #ARGV, 4 do
  local text, id, lifecycle, connection = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local result
  local repeated = id ~= '' and call('HGET', ids, id)
  if repeated then
    result = -tonumber(repeated)
  elseif source ~= '' and sourceSeq <= lastOfSource then
    result = 0
  end
  if not result and seq >= maxEvents and lifecycle == '' then result = 'full' end
  if not result then
    seq = seq + 1
    result = seq
    call('XADD', log, seq .. '-0', 'e', text)
    if id ~= '' then call('HSET', ids, id, seq) end
    if lifecycle ~= '' then
      local field = 'c:' .. connection
      local state = call('HGET', head, field)
      if lifecycle == 'open' and state ~= 'open' then
        open = (open or 0) + 1
        call('HSET', head, field, 'open')
      elseif lifecycle == 'close' then
        if state == 'open' then open = open - 1 end
        open = open or 0
        hasClosed = true
        call('HSET', head, field, 'closed')
      end
    end
  end
  reply[#reply + 1] = result
  sourceSeq = sourceSeq + 1
end

if source ~= '' and sourceSeq - 1 > lastOfSource then
  changes[#changes + 1] = 's:' .. source
  changes[#changes + 1] = sourceSeq - 1
end
if seq >= firstNew then
  changes[#changes + 1] = 'seq'
  changes[#changes + 1] = seq
  if open then
    changes[#changes + 1] = 'open'
    changes[#changes + 1] = open
  end
  call('XADD', activity, '*', 'c', member, 's', seq)
  if open == 0 then
    call('XADD', persist, '*', 'c', member, 's', seq, 'r', hasClosed and 'closed' or 'late')
    call('ZREM', live, member)
  else
    if hasClosed then call('XADD', persist, '*', 'c', member, 's', seq, 'r', 'closed') end
    local now = call('TIME')
    call('ZADD', live, now[1] * 1000 + math.floor(now[2] / 1000), member)
  end
  if known[4] then
    call('HDEL', head, 'expiring')
    call('PERSIST', head)
    call('PERSIST', log)
    call('PERSIST', ids)
  end
end
if #changes > 2 or not known[2] then call('HSET', head, unpack(changes)) end
return reply
`);
