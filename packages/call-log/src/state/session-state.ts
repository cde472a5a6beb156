import { callId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { createScriptPipeline } from '@turnlog/redis-kit';
import { groupOf } from '../feed/feed-reader.ts';
import { callKeys, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { saveSessionScript } from './session-script.ts';

/** A call's folded state to save in Redis. */
export interface SessionSave {
  readonly call: CallKey;
  readonly epoch: string;
  /** The seq of the newest event in it. */
  readonly seq: number;
  /** The hash for readers: every field, as text. */
  readonly fields: Readonly<Record<string, string>>;
  /** The number of turns in the list already, as far as the caller knows. */
  readonly turnBase: number;
  /** The later turns, as text. */
  readonly turns: readonly string[];
  /** Entries of the activity feed that this completes. */
  readonly entryIds: readonly string[];
}

/** The outcome of a save. */
export type SessionSaved =
  /** `previousSeq` is what readers saw before. */
  | { readonly outcome: 'saved'; readonly previousSeq: number }
  /** This or a later state was saved already. */
  | { readonly outcome: 'stale' }
  /** The call's keys have expired, or it started again. */
  | { readonly outcome: 'gone' }
  /** Nothing was saved: the list has another number of turns than the caller assumed. */
  | { readonly outcome: 'conflict'; readonly turnBase: number };

/** Saves states with compare-and-set, so that any number of workers may save one call. */
export function createSessionSaver(redis: Redis, space: KeySpace, checkpointEveryMs: number) {
  const run = createScriptPipeline(redis, saveSessionScript);
  return async (save: SessionSave): Promise<SessionSaved> => {
    const { head, session, turns, log } = callKeys(space, save.call);
    const { activity, checkpoints } = partitionKeys(space, partitionOf(space, save.call));
    const fields = Object.entries(save.fields).flat();
    const args = [
      callId(save.call),
      groupOf('activity'),
      save.epoch,
      save.seq,
      save.turnBase,
      checkpointEveryMs,
    ];
    args.push(fields.length / 2, ...fields, save.turns.length, ...save.turns, ...save.entryIds);
    return readReply(await run([head, session, turns, activity, checkpoints, log], args));
  };
}

/** The live state of a call as the session service saved it. */
export interface SavedSession {
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly turns: readonly string[];
}

/** Reads a call's live state; `undefined` if there is none. */
export async function readSession(
  redis: Redis,
  space: KeySpace,
  call: CallKey,
): Promise<SavedSession | undefined> {
  const { session, turns } = callKeys(space, call);
  const [fields, list] = await Promise.all([redis.hgetall(session), redis.lrange(turns, 0, -1)]);
  if (Object.keys(fields).length === 0) return undefined;
  return { fields, turns: list };
}

function readReply(reply: unknown): SessionSaved {
  const [outcome, number] = reply as [SessionSaved['outcome'], number];
  if (outcome === 'saved') return { outcome, previousSeq: number };
  return outcome === 'conflict' ? { outcome, turnBase: number } : { outcome };
}
