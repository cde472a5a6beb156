import { callId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { scanCalls } from '../read/scan-calls.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { defineScript, runScript } from '@turnlog/redis-kit';

/** The most times that one epoch is persisted again. */
const MAX_ASKED = 3;

/**
 * Requests that a call is persisted again from the beginning, because Postgres lacks events that the head
 * calls persisted. Its keys do not expire until then. Of concurrent requests only the first has an effect,
 * and each epoch is requested a few times only, because the cause may be one that this code does not know.
 *
 * KEYS  persist, head, log, ids, session, turns
 * ARGV  member, epoch and persisted seq as they were read, most requests of an epoch
 * Reply 'asked'; 'changed' if the head has changed; 'no_log' if the log has expired; 'given_up'
 */
const askAgainScript = defineScript(`
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

/** How much of a call is in Postgres, according to Redis. */
export interface PersistedClaim {
  readonly call: CallKey;
  readonly epoch: string;
  /** The persisted seq of the log. */
  readonly persistedSeq: number;
  /** How many entries up to there are in the dead letters, and may be missing in the archive. */
  readonly setAside: number;
}

/** The outcome of a request to persist a call again: see the script. */
export type AskedAgain = 'asked' | 'changed' | 'no_log' | 'given_up';

/** The calls that are in Postgres according to Redis. */
export function createPersistedCalls(redis: Redis, space: KeySpace) {
  const read = async (calls: readonly CallKey[]): Promise<PersistedClaim[]> => {
    const pipeline = redis.pipeline();
    for (const call of calls) pipeline.hgetall(callKeys(space, call).head);
    const replies = (await pipeline.exec()) ?? [];
    return calls.flatMap((call, index) => {
      const [error, head] = replies[index] ?? [new Error('Redis answered nothing'), {}];
      if (error === null) return toClaim(call, head as Record<string, string>);
      // A key of another program with the name of a head.
      if (isFaultOfTheCall(error)) return [];
      throw error;
    });
  };

  return {
    /** All of them, page by page; some may occur twice. */
    claims: async function* (pageSize: number): AsyncGenerator<PersistedClaim[]> {
      for await (const calls of scanCalls(redis, space, { part: 'head' }, pageSize)) {
        const claims = await read(calls);
        if (claims.length > 0) yield claims;
      }
    },

    /** Requests that a call is persisted again. */
    askAgain: async ({ call, epoch, persistedSeq }: PersistedClaim): Promise<AskedAgain> => {
      const { head, log, ids, session, turns } = callKeys(space, call);
      const { persist } = partitionKeys(space, partitionOf(space, call));
      const keys = [persist, head, log, ids, session, turns];
      const args = [callId(call), epoch, persistedSeq, MAX_ASKED];
      return (await runScript(redis, askAgainScript, keys, args)) as AskedAgain;
    },
  };
}

/** The calls that are in Postgres according to Redis. */
export type PersistedCalls = ReturnType<typeof createPersistedCalls>;

const EVENT_LETTER = 'd:event:';

function toClaim(call: CallKey, head: Readonly<Record<string, string>>): PersistedClaim[] {
  const { epoch, persisted } = head;
  const persistedSeq = Number(persisted ?? 0);
  if (epoch === undefined || !(persistedSeq > 0)) return [];
  const setAside = Object.keys(head).filter(
    (field) => field.startsWith(EVENT_LETTER) && Number(field.slice(EVENT_LETTER.length)) <= persistedSeq,
  ).length;
  return [{ call, epoch, persistedSeq, setAside }];
}
