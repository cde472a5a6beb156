import { defineScript } from '../redis/script.ts';

/**
 * Appends events to the logs of calls of one partition, and tells the feeds.
 *
 * KEYS  activity, persist, live, then three for each call: head, log, ids
 * ARGV  the run of this server, most events of a call, then for each call: member, source ('' for an unordered one), sequence of the first event
 *       in its source, "only when not seen since" in ms ('' for always), number of events, and three for each event:
 *       text, id to remember ('' for none), '+<connection>' when it opens one, '-<connection>' when it closes one, '!' when the call
 *       is over by the word of the carrier, else ''
 * Reply for each call {'gap', expected} | {'seen'} | {'ok', epoch, result …}; a result is the event's seq, minus the seq
 *       of the event that it repeats, 0 for a repeat whose seq is not at hand, 'full', or 'erased' for an erased call.
 *
 * Head fields: epoch, seq, persisted, open (connections), expiring, released, s:<source> (its last sequence),
 * c:<connection> ('open' or 'closed'). Of an erased call it has nothing but `erased`. A released call has no log any more,
 * all of which is in Postgres: its next event begins another life of the log.
 *
 * An epoch belongs to one run of one server, which its last letters name. A server that was started again, or took over
 * from another, may lack the newest events and give their seqs to others: with its first event the log is another life.
 *
 * A call with an open connection is kept live by its gateway's heartbeat, so that only a change of connections, and a
 * call without any, costs a write to the live calls.
 */
export const appendScript = defineScript(`
local activity, persist, live = KEYS[1], KEYS[2], KEYS[3]
local run, maxEvents = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local now

-- A feed of another type fails the run before anything is written: what is half written would pass for a repeat.
call('XRANGE', activity, '-', '+', 'COUNT', 0)
call('XRANGE', persist, '-', '+', 'COUNT', 0)
call('ZSCORE', live, '')

local function nowMs()
  now = now or call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

local function append(head, log, ids, member, source, sourceSeq, unseenSince, from, to)
  if unseenSince ~= '' then
    local seen = call('ZSCORE', live, member)
    if not seen or tonumber(seen) > tonumber(unseenSince) then return {'seen'} end
  end

  local sourceField = 's:' .. source
  local known = call('HMGET', head, 'seq', 'epoch', 'open', 'expiring', sourceField, 'erased', 'released')
  if known[6] then
    local refused = {'ok', 'erased'}
    for i = from, to, 3 do refused[#refused + 1] = 'erased' end
    return refused
  end
  local isReleased = known[7]
  local seq, epoch, open = not isReleased and tonumber(known[1]) or 0, known[2], tonumber(known[3])
  local lastOfSource = tonumber(known[5]) or 0
  if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end

  local isOfThisRun = not isReleased and epoch and string.sub(epoch, -#run) == run
  local reply = {'ok', epoch}
  local firstNew = seq + 1
  local hasOpened, hasClosed, isOver = false, false, false

  for i = from, to, 3 do
    local text, id, connection = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local result
    local repeated = id ~= '' and call('HGET', ids, id)
    if repeated then
      result = -tonumber(repeated)
    elseif source ~= '' and sourceSeq <= lastOfSource then
      result = 0
    elseif seq >= maxEvents and (connection == '' or connection == '!') then
      result = 'full'
    else
      if not isOfThisRun then
        isOfThisRun = true
        reply[2] = string.format('%.0f.%d-%s', nowMs(), now[2] % 1000, run)
        call('HSET', head, 'epoch', reply[2], 'persisted', 0)
        if isReleased then call('HDEL', head, 'released') end
      end
      seq = seq + 1
      result = seq
      call('XADD', log, seq .. '-0', 'e', text)
      if id ~= '' then call('HSET', ids, id, seq) end
      if connection == '!' then
        isOver = true
      elseif connection ~= '' then
        local field = 'c:' .. string.sub(connection, 2)
        local state = call('HGET', head, field)
        open = open or 0
        if string.sub(connection, 1, 1) == '-' then
          hasClosed = true
          if state == 'open' then open = open - 1 end
          call('HSET', head, field, 'closed')
        elseif not state then
          hasOpened = true
          open = open + 1
          call('HSET', head, field, 'open')
        end
      end
    end
    reply[#reply + 1] = result
    sourceSeq = sourceSeq + 1
  end

  local isFurther = source ~= '' and sourceSeq - 1 > lastOfSource
  if seq < firstNew then
    if isFurther then call('HSET', head, sourceField, sourceSeq - 1) end
    return reply
  end
  if isFurther then
    call('HSET', head, 'seq', seq, sourceField, sourceSeq - 1)
  else
    call('HSET', head, 'seq', seq)
  end

  call('XADD', activity, '*', 'c', member, 's', seq)
  if hasOpened or hasClosed then call('HSET', head, 'open', open) end
  if hasClosed then
    call('XADD', persist, '*', 'c', member, 's', seq, 'r', 'closed')
  elseif open == 0 then
    call('XADD', persist, '*', 'c', member, 's', seq, 'r', 'late')
  elseif isOver then
    call('XADD', persist, '*', 'c', member, 's', seq, 'r', 'reported')
  end
  if open == 0 and hasClosed then
    call('ZREM', live, member)
  elseif hasOpened or not open then
    call('ZADD', live, string.format('%.0f', nowMs()), member)
  end
  if known[4] then
    call('HDEL', head, 'expiring')
    call('PERSIST', head)
    call('PERSIST', log)
    call('PERSIST', ids)
  end
  return reply
end

local replies = {}
local from = 3
for key = 4, #KEYS, 3 do
  local to = from + 4 + ARGV[from + 4] * 3
  replies[#replies + 1] = append(KEYS[key], KEYS[key + 1], KEYS[key + 2],
    ARGV[from], ARGV[from + 1], tonumber(ARGV[from + 2]), ARGV[from + 3], from + 5, to)
  from = to + 1
end
return replies
`);
