import { memberOf, type SettledCall } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';
import { acknowledge } from './stream.ts';

const ALL_PARTS = ['head', 'log', 'ids', 'session', 'turns'] as const;

/** The script that settles a call after its commit. */
export function settle(redis: RedisModel, { call, epoch, seq, entryIds }: SettledCall, keepMs: number): void {
  const { persist, live } = redis.partitionOf(call);
  const stored = redis.call(call);
  const { head } = stored;
  if (head?.epoch === epoch) {
    head.persisted = Math.max(head.persisted, seq);
    const isOpen = head.open !== undefined && head.open > 0;
    if (!isOpen && head.pinned === 0 && head.persisted >= head.seq && !live.has(memberOf(call))) {
      head.isExpiring = true;
      redis.expire(stored, ALL_PARTS, keepMs);
    }
  }
  acknowledge(persist, entryIds);
}
