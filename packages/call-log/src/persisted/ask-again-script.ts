import { defineScript } from '@turnlog/redis-kit';

/**
 * Requests that a call is persisted again from the beginning, because Postgres lacks events that the head
 * calls persisted. Its keys do not expire until then. Of concurrent requests only the first has an effect,
 * and each epoch is requested a few times only, because the cause may be one that this code does not know.
 *
 * KEYS  persist, head, log, ids, session, turns
 * ARGV  member, epoch and persisted seq as they were read, most requests of an epoch
 * Reply 'asked'; 'changed' if the head has changed; 'no_log' if the log has expired; 'given_up'
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
