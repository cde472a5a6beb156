import { callId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord } from '../feed/feed-entry.ts';
import { groupOf } from '../feed/feed-reader.ts';
import { callKeys, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { defineScript, runScript } from '@turnlog/redis-kit';
import { callsInRedis, pagesOf, textsOfCall, textsOfLetters, type LoggedText } from './logged-texts.ts';

const PAGE = 1_000;

/**
 * Removes all keys of a call, and leaves an erasure marker: later appends are refused. A call in progress is
 * left alone.
 *
 * KEYS  head, log, ids, session, turns, live, checkpoints
 * ARGV  member, milliseconds to keep the marker
 * Reply 'live', or the number of keys that existed
 */
const eraseScript = defineScript(
  `
local call = redis.call
if call('ZSCORE', KEYS[6], ARGV[1]) then return 'live' end
local isMarked = call('HEXISTS', KEYS[1], 'erased')
local deleted = call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
call('ZREM', KEYS[7], ARGV[1])
call('HSET', KEYS[1], 'erased', 1)
call('PEXPIRE', KEYS[1], ARGV[2])
return deleted - isMarked
`,
  { runsWithoutMemory: true },
);

/** The outcome of an erasure in Redis. */
export type ErasedKeys =
  | { readonly outcome: 'erased'; readonly keys: number; readonly entries: number; readonly letters: number }
  /** The call is in progress: its gateway would keep sending. */
  | { readonly outcome: 'live' };

/** Erases calls from Redis. `audio` is where their audio streams are. */
export function createCallEraser(redis: Redis, space: KeySpace, audio: Redis = redis) {
  return {
    /**
     * Removes the log, the live state, the audio, the feed entries and the dead letters of a call, and marks
     * it as erased for `markMs`: during this time events that a gateway resends are refused.
     */
    erase: async (call: CallKey, markMs: number): Promise<ErasedKeys> => {
      const { head, log, ids, session, turns, audio: audioKey } = callKeys(space, call);
      const { activity, persist, live, checkpoints, dead } = partitionKeys(space, partitionOf(space, call));
      const keys = [head, log, ids, session, turns, live, checkpoints];
      const reply = await runScript(redis, eraseScript, keys, [callId(call), markMs]);
      if (reply === 'live') return { outcome: 'live' };
      const audioKeys = await audio.del(audioKey);
      const isOfCall = (fields: Readonly<Record<string, string | undefined>>) =>
        (fields['c'] ?? fields['call']) === callId(call);
      const entries =
        (await removeEntries(redis, activity, isOfCall, groupOf('activity'))) +
        (await removeEntries(redis, persist, isOfCall, groupOf('persist')));
      const letters = await removeEntries(redis, dead, isOfCall);
      return { outcome: 'erased', keys: Number(reply) + audioKeys, entries, letters };
    },

    /** Whether a call is in progress. */
    isLive: async (call: CallKey): Promise<boolean> => {
      const { live } = partitionKeys(space, partitionOf(space, call));
      return (await redis.zscore(live, callId(call))) !== null;
    },

    /** Every call that has a key here or beside the audio, each once or twice; with a sid, only its calls. */
    calls: async function* (callSid?: string): AsyncGenerator<CallKey> {
      yield* callsInRedis(redis, space, callSid);
      if (audio !== redis) yield* callsInRedis(audio, space, callSid);
    },

    texts: (call: CallKey): AsyncGenerator<LoggedText> => textsOfCall(redis, space, call),

    letterTexts: (): AsyncGenerator<LoggedText> => textsOfLetters(redis, space),
  };
}

/** Erases calls from one Redis. */
export type CallEraser = ReturnType<typeof createCallEraser>;

/**
 * Page by page, so that a long feed does not block other clients. Delivered entries are acknowledged too, or
 * the group would keep them as pending.
 */
async function removeEntries(
  redis: Redis,
  stream: string,
  isOfCall: (fields: Readonly<Record<string, string | undefined>>) => boolean,
  group?: string,
): Promise<number> {
  let removed = 0;
  for await (const page of pagesOf(redis, stream, PAGE)) {
    const ids = page.filter(([, fields]) => isOfCall(toRecord(fields ?? []))).map(([id]) => id);
    if (ids.length === 0) continue;
    if (group !== undefined) await redis.xack(stream, group, ...ids);
    removed += await redis.xdel(stream, ...ids);
  }
  return removed;
}
