import { CAUGHT_LUA, defineScript, NO_RUN_ID, RUN_ID_DIGITS } from '@turnlog/redis-kit';

/** Two full calls of the default size: where counting the bytes of an old log ends. */
const MOST_BYTES_COUNTED = 32 * 1024 * 1024;

/**
 * Appends events to the logs of calls of one partition, and tells the feeds.
 *
 * KEYS  activity, persist, live, then three for each call: head, log, ids
 * ARGV  the run of this server ('': the script asks the server), most events of a call, most bytes of a call, then for each
 *       call: member, source ('' for an unordered one), sequence of the first event in its source, "only when not seen
 *       since" in ms ('' for always), what limits it, number of events, and four for each event: text ('' for one that
 *       was refused as a conflict before: it only takes its place), report to remember ('' for none), a digest of its
 *       content ('' where any content is a repeat), '+<connection>' when it opens one, '-<connection>' when it closes one,
 *       '!' when the call is over by the word of the carrier, else ''
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
 * Limits: '' are those of a call. 'tenant': its tenant is full, and only what opens or ends is taken. 'none': the events
 * were acknowledged already, and are taken. The end of an open connection is always taken, so that the call can be
 * persisted. What opens a connection, or ends a call in another way, is taken up to twice the limits of a call.
 *
 * An epoch belongs to one run of one server, which its last letters name. A server that was started again, or took over
 * from another, may lack the newest events and give their seqs to others: with its first event the log is another life.
 * The server names its run itself: a proxy may keep the connections of its clients while the server behind it changes.
 *
 * A call with an open connection is kept live by its gateway's heartbeat, so that only a change of connections, and a
 * call without any, costs a write to the live calls.
 */
export const appendScript = defineScript(`${CAUGHT_LUA}
local activity, persist, live = KEYS[1], KEYS[2], KEYS[3]
local maxEvents, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local call = redis.call

local run, isGivenRun = ARGV[1], ARGV[1] ~= ''
if not isGivenRun then
  run = string.match(call('INFO', 'server'), 'run_id:(%x+)')
  if not run then return redis.error_reply('ERR ${NO_RUN_ID}') end
  run = string.sub(run, 1, ${RUN_ID_DIGITS})
end
local now

-- A feed of another type fails the run before anything is written: what is half written would pass for a repeat.
call('XRANGE', activity, '-', '+', 'COUNT', 0)
call('XRANGE', persist, '-', '+', 'COUNT', 0)
call('ZSCORE', live, '')

local function nowMs()
  now = now or call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- For a head that is older than the field. It stops where the call is full in any case.
local function countBytes(log)
  local bytes, start = 0, '-'
  while bytes <= ${MOST_BYTES_COUNTED} do
    local entries = call('XRANGE', log, start, '+', 'COUNT', 16)
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do bytes = bytes + #entry[2][2] end
    start = '(' .. entries[#entries][1]
  end
  return bytes
end

local function append(head, log, ids, member, source, sourceSeq, unseenSince, limits, from, to)
  if unseenSince ~= '' then
    local seen = call('ZSCORE', live, member)
    if not seen or tonumber(seen) > tonumber(unseenSince) then return {'seen'} end
  end

  local sourceField, refusedField = 's:' .. source, 'r:' .. source
  local known = call('HMGET', head, 'seq', 'epoch', 'open', 'expiring', sourceField, 'erased', 'bytes', refusedField)
  if known[6] then
    local refused = {'ok', 'erased'}
    for i = from, to, 4 do refused[#refused + 1] = 'erased' end
    return refused
  end
  local isReleased = known[4] and #call('XRANGE', log, '-', '+', 'COUNT', 1) == 0
  local seq, epoch, open = not isReleased and tonumber(known[1]) or 0, known[2], tonumber(known[3])
  local lastOfSource, bytes = tonumber(known[5]) or 0, tonumber(known[7])
  if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end

  local isOfThisRun = not isReleased and epoch and string.sub(epoch, -#run) == run
  -- What was refused, and is sent again for want of an answer, is refused again: it is no repeat of what is in the log.
  local refusedBefore, refusedNow = known[8] or '', ','
  local reply = {'ok', epoch}
  local firstNew = seq + 1
  local hasOpened, hasClosed, isOver = false, false, false

  local function beginLife()
    isOfThisRun = true
    reply[2] = string.format('%.0f.%d-%s', nowMs(), now[2] % 1000, run)
    call('HSET', head, 'epoch', reply[2], 'persisted', 0)
  end

  local function refusalOf(text, connection)
    bytes = bytes or (seq > 0 and countBytes(log) or 0)
    if limits == 'none' then return nil end
    local isPlain = connection == ''
    local factor = isPlain and 1 or 2
    if seq < maxEvents * factor and bytes + #text <= maxBytes * factor then
      return isPlain and limits == 'tenant' and 'tenant' or nil
    end
    local isEnd = string.sub(connection, 1, 1) == '-'
    if isEnd and call('HGET', head, 'c:' .. string.sub(connection, 2)) == 'open' then return nil end
    return 'full'
  end

  -- The place of the same content; 'conflict' where the report has another one, nothing where it is not known.
  local function placeOf(report, content)
    local known = call('HGET', ids, report)
    if not known then return nil end
    local place, noted = string.match(known, '^(%d+) ?(.*)$')
    if noted == '' or content == '' or noted == content then return -tonumber(place) end
    place = call('HGET', ids, report .. '\\0' .. content)
    if place then return -tonumber(place) end
    return limits ~= 'none' and 'conflict' or nil
  end

  local function remember(report, content, place)
    local noted = content == '' and place or place .. ' ' .. content
    -- With the commands of earlier versions alone: users keep their rights over an upgrade, and a script that is refused a
    -- command in its middle leaves half of what it does.
    local isKnown = call('HGET', ids, report)
    if isKnown then call('HSET', ids, report .. '\\0' .. content, place) else call('HSET', ids, report, noted) end
  end

  -- What was appended under a run that was given wrongly is sent again, and recognised as a repeat.
  if isGivenRun and epoch and not isReleased and not isOfThisRun then beginLife() end

  for i = from, to, 4 do
    local text, report, content, connection = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local result
    if text == '' then result = 'conflict' elseif report ~= '' then result = placeOf(report, content) end
    if result then
      -- It is there, or not to be.
    elseif source ~= '' and sourceSeq <= lastOfSource then
      result = string.match(refusedBefore, ',' .. sourceSeq .. '=(%a+)') or 0
    else
      result = refusalOf(text, connection)
    end
    if not result then
      if not isOfThisRun then beginLife() end
      seq = seq + 1
      bytes = bytes + #text
      result = seq
      call('XADD', log, seq .. '-0', 'e', text)
      if report ~= '' then remember(report, content, seq) end
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
    if type(result) == 'string' then refusedNow = refusedNow .. sourceSeq .. '=' .. result .. ',' end
    reply[#reply + 1] = result
    sourceSeq = sourceSeq + 1
  end

  if source ~= '' and sourceSeq - 1 > lastOfSource then
    call('HSET', head, sourceField, sourceSeq - 1)
    if refusedNow ~= ',' then
      call('HSET', head, refusedField, refusedNow)
    elseif known[8] then
      call('HDEL', head, refusedField)
    end
  end
  if seq < firstNew then return reply end
  call('HSET', head, 'seq', seq, 'bytes', bytes)

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
local from = 4
for key = 4, #KEYS, 3 do
  local to = from + 5 + ARGV[from + 5] * 4
  local ok, reply = pcall(append, KEYS[key], KEYS[key + 1], KEYS[key + 2],
    ARGV[from], ARGV[from + 1], tonumber(ARGV[from + 2]), ARGV[from + 3], ARGV[from + 4], from + 6, to)
  if not ok then
    local error, isOfAll = caught(reply)
    if isOfAll then return error end
    reply = error
  end
  replies[#replies + 1] = reply
  from = to + 1
end
return replies
`);

/** The same for appends that free memory in the end, as the ends of calls do: also while Redis is out of memory. */
export const appendWithoutMemoryScript = defineScript(appendScript.lua, { runsWithoutMemory: true });
