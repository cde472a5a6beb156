import { CAUGHT_LUA } from '../redis/read-only.ts';
import { defineScript } from '../redis/script.ts';

/** The reply for a batch that is in its stream. */
export const WRITTEN = 1;

/**
 * Appends batches to the audio streams of calls. What is told of them is one argument, as each costs a client more than
 * the server. A stream never goes without an expiry, even one that Redis has lost and that begins anew.
 *
 * KEYS  the stream of each batch
 * ARGV  what is told of the batches (JSON: of each its track, sample rate, offset, connection, and whether the stream's
 *       expiry is due to be renewed); the most entries of a stream; how long it is kept, ms; the samples of each batch
 * Reply for each batch 1, or the error that kept it out, but for {@link CAUGHT_LUA}
 */
export const appendAudio = defineScript(`${CAUGHT_LUA}
local replies = {}
for i, told in ipairs(cjson.decode(ARGV[1])) do
  local reply = redis.pcall('XADD', KEYS[i], 'MAXLEN', '~', ARGV[2], '*',
    't', told[1], 'r', told[2], 'o', told[3], 'c', told[4], 'b', ARGV[3 + i])
  if type(reply) ~= 'table' then
    if told[5] or redis.pcall('PTTL', KEYS[i]) == -1 then redis.pcall('PEXPIRE', KEYS[i], ARGV[3]) end
    reply = ${WRITTEN}
  else
    local error, isOfAll = caught(reply)
    if isOfAll then return error end
    reply = error
  end
  replies[i] = reply
end
return replies
`);
