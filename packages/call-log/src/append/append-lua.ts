/* Parts of the append script. They need `call` (redis.call), `maxEvents` and `maxBytes`. */

/** Two full calls of the default size: counting the bytes of an old log stops there. */
const MOST_BYTES_COUNTED = 32 * 1024 * 1024;

/** Decides which events a call accepts. */
export const LIMITS_LUA = `
-- For a head without the field, from an older version. Stops where the call is full in any case.
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

local function refusalOf(head, limits, seq, bytes, text, connection)
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
`;

/** The reports of a call's log, in the hash of ids. */
export const REPORTS_LUA = `
-- Returns the seq of the same content, 'conflict' for different content, or nothing for an unknown report;
-- then whether the report is known.
local function placeOf(ids, limits, report, content)
  local known = call('HGET', ids, report)
  if not known then return nil, false end
  local place, noted = string.match(known, '^(%d+) ?(.*)$')
  if noted == '' or content == '' or noted == content then return -tonumber(place), true end
  place = call('HGET', ids, report .. '\\0' .. content)
  if place then return -tonumber(place), true end
  return limits ~= 'none' and 'conflict' or nil, true
end

-- Only uses commands of earlier versions: users keep their rights during an upgrade, and a script that is
-- refused a command halfway leaves half of its writes.
local function remember(ids, report, isKnown, content, place)
  if isKnown then
    call('HSET', ids, report .. '\\0' .. content, place)
  else
    call('HSET', ids, report, content == '' and place or place .. ' ' .. content)
  end
end
`;
