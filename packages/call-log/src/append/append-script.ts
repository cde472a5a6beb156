import { CAUGHT_LUA, defineScript, NO_RUN_ID, RUN_ID_DIGITS } from '@turnlog/redis-kit';
import { LIMITS_LUA, REPORTS_LUA } from './append-lua.ts';

/**
 * Appends events to the logs of calls of one partition, and adds entries to the feeds.
 *
 * KEYS  activity, persist, live, then for each call: head, log, ids
 * ARGV  the server run ('': the script asks the server), most events of a call, most bytes of a call, then
 *       for each call: member, source ('' for an unordered one), source sequence of the first event, number
 *       of events, and its limits. If the limits are '', they are those of a call, and one argument for each
 *       event follows: its text. Otherwise "only if not seen since" in ms ('' for always) follows, and four
 *       for each event: text ('' if it was refused as a conflict before and only takes its source sequence),
 *       report to remember ('' for none), fingerprint of its content ('' if any content is a duplicate),
 *       '+<connection>' if it opens one, '-<connection>' if it closes one, '!' if the carrier reports that
 *       the call is over, else ''
 * Reply for each call {'gap', expected} | {'seen'} | {'ok', epoch, result …}, or the error of this call
 *       alone. A result is the event's seq, minus the seq of the event that it duplicates, 0 for a duplicate
 *       of unknown seq, 'full' for a full call, 'tenant' for a full tenant, 'erased' for an erased call, or
 *       'conflict' for a report with different content.
 *
 * Head fields: epoch, seq, bytes (of all texts that were appended), persisted, open (connections), expiring,
 * s:<source> (its last sequence), r:<source> (which events of its last append were refused, and why),
 * c:<connection> ('open' or 'closed'). The head of an erased call has only `erased`. An expiring call may
 * have no log, because all of it is in Postgres: its next event starts a new epoch.
 *
 * The hash of ids has for each remembered report the seq of its event and, after a space, the fingerprint. An
 * acknowledged event is appended even if it is a conflict, and is remembered by its report and its
 * fingerprint.
 *
 * Limits: '' and 'call' are those of a call. 'tenant': the tenant is full, and only events that open or end a
 * call are accepted. 'none': the events were acknowledged already and are accepted. The end of an open
 * connection is always accepted, so that the call can be persisted. Events that open a connection or end a
 * call in another way are accepted up to twice the limits of a call.
 *
 * An epoch belongs to one server run, which its last letters name. A server that restarted, or took over from
 * another, may lack the newest events and give their seqs to others, so the first append of a new server run
 * starts a new epoch. The script asks the server for its run: a proxy may keep client connections while the
 * server behind it changes.
 *
 * The gateway's heartbeat keeps a call with an open connection live, so only a change of connections, and a
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
-- A feed of another type fails the run before anything is written: a resend would take a half-written event
-- for a duplicate.
call('XRANGE', activity, '-', '+', 'COUNT', 0)
call('XRANGE', persist, '-', '+', 'COUNT', 0)
call('ZSCORE', live, '')

local function nowMs()
  now = now or call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- The calls to mark as live when the run ends.
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

-- The number of open connections after this event, and whether it opened or closed one.
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
  -- An event that was refused and is resent because its reply was lost is refused again: it is not a
  -- duplicate.
  local refusedBefore, refusedNow = known[7] or '', ','
  local bytes = tonumber(known[6])
  local reply = {'ok', epoch}
  -- Numbers become text once: Redis' own conversion costs as much as a small command each time.
  local seqText
  local firstNew = seq + 1
  local hasOpened, hasClosed, isOver = false, false, false

  -- Events that were appended under a wrong run are resent and recognized as duplicates.
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
      -- It is there, or must not be appended.
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

/** The same script for ends of calls, which free memory later: it also runs while Redis is out of memory. */
export const appendWithoutMemoryScript = defineScript(appendScript.lua, { runsWithoutMemory: true });
