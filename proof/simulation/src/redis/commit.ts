import { callId } from '@turnlog/call-events';
import { type CommittedCall } from '@turnlog/call-log';
import { callOf } from './members.ts';
import { type RedisModel } from './redis-model.ts';
import { emptyCall, type StoredCall } from './redis-state.ts';
import { acknowledge } from './stream.ts';

const KEEP_HEAD_MS = 60_000;
const ALL_PARTS = ['head', 'log', 'ids', 'session', 'turns'] as const;

/** The script that commits a call; without a time to keep its keys, it is released. */
export function commit(
  redis: RedisModel,
  { call, epoch, seq, entryIds }: CommittedCall,
  keepMs: number | undefined,
): void {
  const { persist, live } = redis.partitionOf(call);
  const stored = redis.call(call);
  const { head } = stored;
  if (head?.epoch === epoch) {
    head.persisted = Math.max(head.persisted, seq);
    const isOpen = head.open !== undefined && head.open > 0;
    if (!isOpen && head.pinned === 0 && head.persisted >= head.seq && !live.has(callId(call))) {
      head.isExpiring = true;
      if (keepMs === undefined) release(redis, stored);
      else {
        redis.expire(stored, ALL_PARTS, keepMs);
        redis.expire(stored, ['head'], Math.max(keepMs, KEEP_HEAD_MS));
      }
    }
  }
  acknowledge(persist, entryIds);
}

/** The script that releases persisted calls while memory is short. Returns their number. */
export function releaseExpiring(redis: RedisModel): number {
  const expiring = [...redis.state.calls.keys()]
    .map((member) => redis.call(callOf(member)))
    .filter(({ head, log }) => head?.isExpiring === true && log.length > 0);
  for (const stored of expiring) release(redis, stored);
  return expiring.length;
}

function release(redis: RedisModel, stored: StoredCall): void {
  const { log, ids, session, turns } = emptyCall();
  Object.assign(stored, { log, ids, session, turns });
  redis.persist(stored, ALL_PARTS);
  redis.expire(stored, ['head'], KEEP_HEAD_MS);
}
