import { CAUGHT_LUA, defineScript, NO_RUN_ID, RUN_ID_DIGITS } from '@turnlog/redis-kit';
import { LIMITS_LUA, REPORTS_LUA } from './append-lua.ts';

/**
 * Appends events to the logs of calls of one partition, and tells the feeds.
 *
 * KEYS  activity, persist, live, then three for each call: head, log, ids
 * ARGV  the run of this server ('': the script asks the server), most events of a call, most bytes of a call, then for each
 *       call: member, source ('' for an unordered one), sequence of the first event in its source, number of events, and
 *       what limits it. Where that is '', the limits are those of a call, and one argument for each event follows: its
 *       text. Else "only when not seen since" in ms ('' for always) follows, and four for each event: text ('' for one
 *       that was refused as a conflict before: it only takes its place), report to remember ('' for none), a digest of
 *       its content ('' where any content is a repeat), '+<connection>' when it opens one, '-<connection>' when it closes
 *       one, '!' when the call is over by the word of the carrier, else ''
 * Reply for each call {'gap', expected} | {'seen'} | {'ok', epoch, result …}; a result is the event's seq, minus the seq
 *       of the event that it repeats, 0 for a repeat whose seq is not at hand, 'full' for a full call, 'tenant' for a full
 *       tenant, 'erased' for an erased call, or 'conflict' for another content than the report was remembered with. Or the error of this call alone.
 *
 * Head fields: epoch, seq, bytes (of all texts that its log took), persisted, open (connections), expiring,
 * s:<source> (its last sequence), r:<source> (which events of its last append were refused, and why), c:<connection> ('open'
 * or 'closed'). Of an erased call it has nothing but `erased`. One that is expiring may have no log any more, as all of it is in Postgres: its next event begins another life of the log.
 *
 * The hash of ids has for each report that is to be remembered the seq of its event, and behind a blank the digest. What
 * was acknowledged is appended also when it is a conflict, and remembered by its report and its digest.
 *
 * Limits: '' and 'call' are those of a call. 'tenant': its tenant is full, and only what opens or ends is taken. 'none': the events
 * were acknowledged already, and are taken. The end of an open connection is always taken, so that the call can be
 * persisted. What opens a connection, or ends a call in another way, is taken up to twice the limits of a call.
 *
 * An epoch belongs to one run of one server, which its last letters name. A server that was started again, or took over
 * from another, may lack the newest events and give their seqs to others: with its first event the log is another life.
 * The server names its run itself: a proxy may keep the connections of its clients while the server behind it changes.
 *
 * A call with an open connection is kept live by its gateway's heartbeat, so that only a change of connections, and a
 * call without any, costs a write to the live calls. The calls of one run are written to them together.
 */
export const appendScript = defineScript(`${CAUGHT_LUA}
local activity, persist, live = KEYS[1], KEYS[2], KEYS[3]
local maxEvents, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local call, format = redis.call, string.format

local run, isGivenRun = ARGV[1], ARGV[1] ~= ''
if not isGivenRun then
  local info = call('INFO', 'server')
  local _, before = string.find(info, 'run_id:', 1, true)
  if not before then return redis.error_reply('ERR ${NO_RUN_ID}') end
  run = string.sub(info, before + 1, before + ${RUN_ID_DIGITS})
end
local now
${LIMITS_LUA}${REPORTS_LUA}
-- A feed of another type fails the run before anything is written: what is half written would pass for a repeat.
call('XRANGE', activity, '-', '+', 'COUNT', 0)
call('XRANGE', persist, '-', '+', 'COUNT', 0)
call('ZSCORE', live, '')

local function nowMs()
  now = now or call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- The calls that are to be noted as live when the run ends.
local seenCalls = {}

local function isSeenSince(member, unseenSince)
  local seen = seenCalls[member] and nowMs() or call('ZSCORE', live, member)
  return not seen or tonumber(seen) > tonumber(unseenSince)
end

local function refuseErased(count)
  local refused = {'ok', 'erased'}
  for _ = 1, count do refused[#refused + 1] = 'erased' end
  return refused
end

local function beginLife(head)
  local epoch = format('%.0f.%d-%s', nowMs(), now[2] % 1000, run)
  call('HSET', head, 'epoch', epoch, 'persisted', 0)
  return epoch
end

-- How many connections are open when this one has been opened or closed, and which of the two it was, if any.
local function changeConnection(head, connection, open)
  local field = 'c:' .. string.sub(connection, 2)
  local state = call('HGET', head, field)
  open = open or 0
  if string.sub(connection, 1, 1) == '-' then
    call('HSET', head, field, 'closed')
    return state == 'open' and open - 1 or open, false, true
  end
  if state then return open, false, false end
  call('HSET', head, field, 'open')
  return open + 1, true, false
end

local function append(head, log, ids, member, source, firstSeq, count, limits, unseenSince, from)
  if unseenSince ~= '' and isSeenSince(member, unseenSince) then return {'seen'} end

  local sourceField, refusedField = 's:' .. source, 'r:' .. source
  local known = call('HMGET', head, 'seq', 'epoch', 'open', 'expiring', sourceField, 'bytes', refusedField)
  local epoch = known[2]
  if not epoch and call('HGET', head, 'erased') then return refuseErased(count) end
  local isReleased = known[4] and #call('XRANGE', log, '-', '+', 'COUNT', 1) == 0
  local seq, open = not isReleased and tonumber(known[1]) or 0, tonumber(known[3])
  local sourceSeq, lastOfSource = firstSeq, tonumber(known[5]) or 0
  if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end

  local isOfThisRun = not isReleased and epoch and string.sub(epoch, -#run) == run
  -- What was refused, and is sent again for want of an answer, is refused again: it is no repeat of what is in the log.
  local refusedBefore, refusedNow = known[7] or '', ','
  local bytes = tonumber(known[6])
  local reply = {'ok', epoch}
  -- Numbers are written as text once, as whole numbers: by itself, each time would cost as much as a small command.
  local seqText
  local firstNew = seq + 1
  local hasOpened, hasClosed, isOver = false, false, false

  -- What was appended under a run that was given wrongly is sent again, and recognised as a repeat.
  if isGivenRun and epoch and not isReleased and not isOfThisRun then
    reply[2] = beginLife(head)
    isOfThisRun = true
  end

  local isPlain = limits == ''
  for event = 1, count do
    local text, report, content, connection = ARGV[from], '', '', ''
    if isPlain then
      from = from + 1
    else
      report, content, connection = ARGV[from + 1], ARGV[from + 2], ARGV[from + 3]
      from = from + 4
    end
    local result, isKnown
    if text == '' then
      result = 'conflict'
    elseif report ~= '' then
      result, isKnown = placeOf(ids, limits, report, content)
    end
    if result then
      -- It is there, or not to be.
    elseif source ~= '' and sourceSeq <= lastOfSource then
      result = string.match(refusedBefore, ',' .. sourceSeq .. '=(%a+)') or 0
    else
      bytes = bytes or (seq > 0 and countBytes(log) or 0)
      result = refusalOf(head, limits, seq, bytes, text, connection)
    end
    if not result then
      if not isOfThisRun then
        reply[2] = beginLife(head)
        isOfThisRun = true
      end
      seq = seq + 1
      bytes = bytes + #text
      result = seq
      seqText = format('%d', seq)
      call('XADD', log, seqText .. '-0', 'e', text)
      if report ~= '' then remember(ids, report, isKnown, content, seqText) end
      if connection == '!' then
        isOver = true
      elseif connection ~= '' then
        local opens, closes
        open, opens, closes = changeConnection(head, connection, open)
        hasOpened, hasClosed = hasOpened or opens, hasClosed or closes
      end
    elseif type(result) == 'string' then
      refusedNow = refusedNow .. sourceSeq .. '=' .. result .. ','
    end
    reply[event + 2] = result
    sourceSeq = sourceSeq + 1
  end

  local isNews, isFurther = seq >= firstNew, source ~= '' and sourceSeq - 1 > lastOfSource
  if isNews and isFurther then
    call('HSET', head, 'seq', seqText, 'bytes', format('%d', bytes), sourceField, format('%d', sourceSeq - 1))
  elseif isNews then
    call('HSET', head, 'seq', seqText, 'bytes', format('%d', bytes))
  elseif isFurther then
    call('HSET', head, sourceField, sourceSeq - 1)
  end
  if isFurther and refusedNow ~= ',' then
    call('HSET', head, refusedField, refusedNow)
  elseif isFurther and known[7] then
    call('HDEL', head, refusedField)
  end
  if not isNews then return reply end

  call('XADD', activity, '*', 'c', member, 's', seqText)
  if hasOpened or hasClosed then call('HSET', head, 'open', open) end
  if hasClosed then
    call('XADD', persist, '*', 'c', member, 's', seqText, 'r', 'closed')
  elseif open == 0 then
    call('XADD', persist, '*', 'c', member, 's', seqText, 'r', 'late')
  elseif isOver then
    call('XADD', persist, '*', 'c', member, 's', seqText, 'r', 'reported')
  end
  if open == 0 and hasClosed then
    call('ZREM', live, member)
    seenCalls[member] = nil
  elseif hasOpened or not open then
    seenCalls[member] = true
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
local from = 4
for key = 4, #KEYS, 3 do
  local count, limits = tonumber(ARGV[from + 3]), ARGV[from + 4]
  local isPlain = limits == ''
  local first = from + (isPlain and 5 or 6)
  local ok, reply = pcall(append, KEYS[key], KEYS[key + 1], KEYS[key + 2], ARGV[from], ARGV[from + 1], tonumber(ARGV[from + 2]),
    count, limits, isPlain and '' or ARGV[from + 5], first)
  if not ok then
    local error, isOfAll = caught(reply)
    if isOfAll then return error end
    reply = error
  end
  replies[#replies + 1] = reply
  from = first + count * (isPlain and 1 or 4)
end

if next(seenCalls) then
  local atMs, seen = format('%.0f', nowMs()), {}
  for member in pairs(seenCalls) do
    seen[#seen + 1] = atMs
    seen[#seen + 1] = member
  end
  call('ZADD', live, unpack(seen))
end
return replies
`);

/** The same for appends that free memory in the end, as the ends of calls do: also while Redis is out of memory. */
export const appendWithoutMemoryScript = defineScript(appendScript.lua, { runsWithoutMemory: true });
