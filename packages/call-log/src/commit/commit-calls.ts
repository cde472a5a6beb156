import { callId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { groupOf } from '../feed/feed-reader.ts';
import { byPartition, callKeys, partitionKeys, type KeySpace } from '../keys.ts';
import { CAUGHT_LUA, runAll, type ScriptRun, defineScript, type ScriptArgument } from '@turnlog/redis-kit';
import { KEEP_HEAD_MS, RELEASE_LUA } from '../release/release-lua.ts';

/** The most calls of one run: a script blocks all other clients while it runs. */
const MAX_CALLS = 16;

/**
 * After the Postgres commit: saves the persisted seq of each call, starts the expiry of its keys if all of it
 * is in Postgres and no connection is open, and acknowledges its entries. A call that fails does not block
 * the others. The keys of a call stay while a dead letter points at its log (`pinned`). Without a time to
 * live, they are released.
 *
 * KEYS  persist, live, then of each call: head, log, ids, session, turns
 * ARGV  group, milliseconds to keep the keys ('' for not at all), the same for the head, then of each call:
 *       member, epoch, seq, number of entries, their ids
 * Reply for each call whether its expiry was started, or its error
 */
const commitScript = defineScript(
  `${CAUGHT_LUA}${RELEASE_LUA}
local call, persist, live = redis.call, KEYS[1], KEYS[2]

-- Live calls of another type are no reason to keep what is in Postgres: a later event stops the expiry.
local function isLive(member)
  local seen = redis.pcall('ZSCORE', live, member)
  return seen and type(seen) ~= 'table'
end

local function commit(key, arg)
  local head, member, epoch, seq = KEYS[key], ARGV[arg], ARGV[arg + 1], ARGV[arg + 2]
  local known = call('HMGET', head, 'epoch', 'seq', 'persisted', 'open', 'pinned')
  if known[1] ~= epoch then return 0 end
  local persisted = math.max(tonumber(known[3]) or 0, tonumber(seq))
  local isOpen = known[4] and tonumber(known[4]) > 0
  local isDone = not isOpen and not known[5] and persisted >= tonumber(known[2])
  if not isDone or isLive(member) then
    call('HSET', head, 'persisted', persisted)
    return 0
  end
  if ARGV[2] == '' then
    release({unpack(KEYS, key + 1, key + 4)}, head, ARGV[3])
  else
    for i = key + 1, key + 4 do call('PEXPIRE', KEYS[i], ARGV[2]) end
    call('PEXPIRE', head, ARGV[3])
  end
  call('HSET', head, 'persisted', persisted, 'expiring', 1)
  return 1
end

local function acknowledge(ids)
  for first = 1, #ids, 1000 do
    local last = math.min(first + 999, #ids)
    call('XACK', persist, ARGV[1], unpack(ids, first, last))
    call('XDEL', persist, unpack(ids, first, last))
  end
end

local replies, committed = {}, {}
local key, arg = 3, 4
while arg <= #ARGV do
  local ok, reply = pcall(commit, key, arg)
  local idCount = tonumber(ARGV[arg + 3])
  if ok then
    for i = arg + 4, arg + 3 + idCount do committed[#committed + 1] = ARGV[i] end
  else
    reply = caught(reply)
  end
  replies[#replies + 1] = reply
  key, arg = key + 5, arg + 4 + idCount
end
acknowledge(committed)
return replies
`,
  { runsWithoutMemory: true },
);

/** A call that is in Postgres up to `seq`, and the entries of the persist feed that this completes. */
export interface CommittedCall {
  readonly call: CallKey;
  readonly epoch: string;
  readonly seq: number;
  readonly entryIds: readonly string[];
}

/** Options of a commit. */
export interface CommitterOptions {
  /** While memory is short, keys are released at once. */
  readonly isMemoryShort?: (() => boolean) | undefined;
  /** The least time to keep the head; a minute by default. */
  readonly keepHeadMs?: number | undefined;
}

/** Marks calls as persisted; keys of finished calls expire after `keepMs`. Rejects with the first error. */
export function createCommitter(
  redis: Redis,
  space: KeySpace,
  keepMs: number,
  { isMemoryShort = () => false, keepHeadMs = KEEP_HEAD_MS }: CommitterOptions = {},
) {
  const runOf = (partition: number, committed: readonly CommittedCall[]): ScriptRun => {
    const { persist, live } = partitionKeys(space, partition);
    const keys = [persist, live];
    const args: ScriptArgument[] = isMemoryShort()
      ? [groupOf('persist'), '', keepHeadMs]
      : [groupOf('persist'), keepMs, Math.max(keepMs, keepHeadMs)];
    for (const { call, epoch, seq, entryIds } of committed) {
      const { head, log, ids, session, turns } = callKeys(space, call);
      keys.push(head, log, ids, session, turns);
      args.push(callId(call), epoch, seq, entryIds.length, ...entryIds);
    }
    return { keys, args };
  };

  return async (committed: readonly CommittedCall[]): Promise<void> => {
    const runs = [...byPartition(space, committed, ({ call }) => call)].flatMap(([partition, calls]) =>
      chunksOf(calls, MAX_CALLS).map((chunk) => runOf(partition, chunk)),
    );
    await runAll(redis, commitScript, runs);
  };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
