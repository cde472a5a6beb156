import { callId, type CallKey } from '@turnlog/call-events';
import { type LostCall } from '@turnlog/call-log';
import { callOf } from './members.ts';
import { type RedisModel } from './redis-model.ts';

/** The script that marks calls as still connected. */
export function touch(redis: RedisModel, calls: readonly CallKey[]): void {
  for (const call of calls) {
    const { live } = redis.partitionOf(call);
    const seen = live.get(callId(call));
    const nowMs = Math.floor(redis.now());
    if (seen !== undefined) live.set(callId(call), nowMs);
  }
}

/** Live calls of a partition that were not seen for this time, the longest first. */
export function findLost(
  redis: RedisModel,
  partition: number,
  lostAfterMs: number,
  passOver = 0,
): LostCall[] {
  if (redis.sabotage === 'sweep') return [];
  const until = Math.floor(redis.now()) - lostAfterMs;
  return [...redis.partition(partition).live]
    .filter(([, seenAtMs]) => seenAtMs <= until)
    .sort(([a, seenA], [b, seenB]) => seenA - seenB || (a < b ? -1 : 1))
    .slice(passOver)
    .map(([member, seenAtMs]) => {
      const call = callOf(member);
      const connections = [...(redis.call(call).head?.connections ?? [])];
      const openConnections = connections.flatMap(([id, state]) => (state === 'open' ? [id] : []));
      return { call, seenAtMs, openConnections };
    });
}

/** The script that requests due checkpoints, for all calls of a partition. */
export function requestDueCheckpoints(redis: RedisModel, partition: number): number {
  const { checkpoints } = redis.partition(partition);
  const due = [...checkpoints].filter(([, atMs]) => atMs <= redis.now());
  return due.filter(([member]) => {
    checkpoints.delete(member);
    const call = callOf(member);
    const { head } = redis.call(call);
    const goesOn = head?.open === undefined || head.open > 0;
    if (head === undefined || !goesOn || head.seq <= head.persisted) return false;
    redis.addToFeed(call, 'persist', { c: member, s: String(head.seq), r: 'checkpoint' });
    return true;
  }).length;
}
