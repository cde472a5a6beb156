import { defineScript } from '@turnlog/redis-kit';

/**
 * Has a call persisted again from the beginning, of which Postgres lacks what the head says is there. Nothing of it expires
 * until then. Of several that ask at once the first does it; and each life of a log is asked for a few times only, as there
 * may be a reason that is not known here.
 *
 * KEYS  persist, head, log, ids, session, turns
 * ARGV  member, epoch and persisted seq as they were read, how many times a call is asked for
 * Reply 'asked'; 'changed' when the head says something else by now; 'no_log' when the log has expired; 'given_up'
 */
export const askAgainScript = defineScript(`
local call, head = redis.call, KEYS[2]
local known = call('HMGET', head, 'epoch', 'seq', 'persisted', 'asked')
if known[1] ~= ARGV[2] or known[3] ~= ARGV[3] then return 'changed' end
if call('EXISTS', KEYS[3]) == 0 then return 'no_log' end
local asked = tonumber(known[4]) or 0
if asked >= tonumber(ARGV[4]) then return 'given_up' end
-- First what may be refused.
call('XADD', KEYS[1], '*', 'c', ARGV[1], 's', known[2], 'r', 'missing')
call('HSET', head, 'persisted', 0, 'asked', asked + 1)
call('HDEL', head, 'expiring')
for i = 2, 6 do call('PERSIST', KEYS[i]) end
return 'asked'
`);
