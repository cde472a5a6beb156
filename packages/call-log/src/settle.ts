import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { groupOf } from './feed/feed-reader.ts';
import { callKeys, memberOf, partitionKeys, partitionOf, type KeySpace } from './keys.ts';
import { defineGroupedScript, runGrouped } from './redis/grouped-script.ts';
import { type ScriptRun } from './redis/script-pipeline.ts';

/**
 * After the commit: notes up to where the call is in Postgres, acknowledges the entries that asked for it, and starts
 * the clock of the call's keys when all of it is there and nobody is connected any more.
 *
 * KEYS  head, log, ids, session, turns, persist, live
 * ARGV  member, group, epoch, seq, milliseconds to keep the keys, then the entry ids
 * Reply 1 when the clock was started
 */
const settleScript = defineGroupedScript(`
local call = redis.call
local persist, live = KEYS[6], KEYS[7]
local known = call('HMGET', KEYS[1], 'epoch', 'seq', 'persisted', 'open')
local started = 0
if known[1] == ARGV[3] then
  local persisted = math.max(tonumber(known[3]) or 0, tonumber(ARGV[4]))
  call('HSET', KEYS[1], 'persisted', persisted)
  local isOpen = known[4] and tonumber(known[4]) > 0
  if not isOpen and persisted >= tonumber(known[2]) and not call('ZSCORE', live, ARGV[1]) then
    call('HSET', KEYS[1], 'expiring', 1)
    for i = 1, 5 do call('PEXPIRE', KEYS[i], ARGV[5]) end
    started = 1
  end
end
if #ARGV > 5 then
  call('XACK', persist, ARGV[2], unpack(ARGV, 6))
  call('XDEL', persist, unpack(ARGV, 6))
end
return started
`);

/** A call that is in Postgres up to `seq`, and the entries of the persist feed that are done with it. */
export interface SettledCall {
  readonly call: CallKey;
  readonly epoch: string;
  readonly seq: number;
  readonly entryIds: readonly string[];
}

/** Settles calls after their commit; keys of finished calls expire after `keepMs`. */
export function createSettler(redis: Redis, space: KeySpace, keepMs: number) {
  const runOf = ({ call, epoch, seq, entryIds }: SettledCall): ScriptRun => {
    const { head, log, ids, session, turns } = callKeys(space, call);
    const { persist, live } = partitionKeys(space, partitionOf(space, call));
    return {
      keys: [head, log, ids, session, turns, persist, live],
      args: [memberOf(call), groupOf('persist'), epoch, seq, keepMs, ...entryIds],
    };
  };
  return async (settled: readonly SettledCall[]): Promise<void> => {
    await runGrouped(redis, settleScript, settled.map(runOf));
  };
}
