import { callId } from '@turnlog/call-events';
import { type SessionSave, type SessionSaved } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';
import { acknowledge } from './stream.ts';

/** The script that saves a call's live state. */
export function saveSession(redis: RedisModel, save: SessionSave, checkpointEveryMs: number): SessionSaved {
  const { call, epoch, seq, fields, turnBase, turns, entryIds } = save;
  const { activity, checkpoints } = redis.partitionOf(call);
  const stored = redis.call(call);
  const { head } = stored;
  const isGuarded = redis.sabotage !== 'compare-and-set';
  if (head?.epoch !== epoch || (head.isExpiring && stored.log.length === 0)) {
    acknowledge(activity, entryIds);
    return { outcome: 'gone' };
  }
  if (stored.session !== undefined && stored.session.epoch !== epoch) {
    stored.session = undefined;
    stored.turns = [];
    redis.persist(stored, ['session', 'turns']);
  }
  const previousSeq = stored.session?.seq ?? 0;
  if (previousSeq >= seq && isGuarded) {
    acknowledge(activity, entryIds);
    return { outcome: 'stale' };
  }
  if (stored.turns.length !== turnBase && isGuarded) {
    return { outcome: 'conflict', turnBase: stored.turns.length };
  }

  stored.turns.push(...turns);
  stored.session = { seq, epoch, fields };
  const expiresAtMs = stored.expiry.get('log');
  if (expiresAtMs === undefined) redis.persist(stored, ['session', 'turns']);
  else redis.expire(stored, ['session', 'turns'], expiresAtMs - redis.now());
  const member = callId(call);
  if (head.open === undefined || head.open > 0) {
    const dueAtMs = Math.floor(redis.now()) + checkpointEveryMs;
    checkpoints.set(member, Math.min(checkpoints.get(member) ?? dueAtMs, dueAtMs));
  }
  acknowledge(activity, entryIds);
  return { outcome: 'saved', previousSeq };
}
