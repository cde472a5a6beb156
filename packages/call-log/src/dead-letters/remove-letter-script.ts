import { defineScript } from '@turnlog/redis-kit';

/**
 * Removes a dead letter and, with the last letter of its call, the call's keys if nothing of it waits to be
 * persisted: a whole call that was refused waits for its letter alone. Does nothing while the call is in
 * progress, or if the log has grown since its age was read.
 *
 * KEYS  dead, live, checkpoints, head, log, ids, session, turns
 * ARGV  letter id, member, kind, '1' if it points at the log, the log's last seq, '1' for a dry run
 * Reply 1 if it was removed, or would be
 */
export const removeLetterScript = defineScript(
  `
local call = redis.call
if call('ZSCORE', KEYS[2], ARGV[2]) then return 0 end
local newest = call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)[1]
local seq = newest and tonumber(string.match(newest[1], '%d+')) or 0
if seq ~= tonumber(ARGV[5]) then return 0 end
if ARGV[6] == '1' then return #call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) end
if call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
local kind = call('TYPE', KEYS[4]).ok
local isPinned, persisted = false, 0
if kind == 'hash' then
  if ARGV[4] == '1' and call('HINCRBY', KEYS[4], 'pinned', -1) < 1 then call('HDEL', KEYS[4], 'pinned') end
  isPinned = call('HEXISTS', KEYS[4], 'pinned') == 1
  persisted = tonumber(call('HGET', KEYS[4], 'persisted') or 0)
end
if not isPinned and (ARGV[3] == 'call' or persisted >= seq) then
  call('ZREM', KEYS[3], ARGV[2])
  call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8])
end
return 1
`,
  { runsWithoutMemory: true },
);
