import { callId, type CallKey } from '@turnlog/call-events';
import { type DeadLetter, type LogPointer, type StoredDeadLetter } from '@turnlog/call-log';
import { callOf } from './members.ts';
import { type RedisModel } from './redis-model.ts';
import { type Head } from './redis-state.ts';
import { acknowledge, addToStream } from './stream.ts';

/** The script that writes a dead letter and acknowledges its entries. */
export function addDeadLetter(redis: RedisModel, letter: DeadLetter, entryIds: readonly string[]): void {
  const { dead, persist } = redis.partitionOf(letter.call);
  const { head } = redis.call(letter.call);
  const mark = letter.kind === 'call' ? 'call' : `event:${letter.seq}`;
  const known = head?.letters.get(mark);
  const isAskedFor = entryIds.length === 0 || entryIds.some((id) => persist.entries.has(id));
  if (known === undefined || (!dead.entries.has(known) && isAskedFor)) {
    const id = addToStream(dead, redis.now(), toFields(letter));
    head?.letters.set(mark, id);
    if (head !== undefined && letter.log !== undefined) pin(redis, letter.call, head);
  }
  acknowledge(persist, entryIds);
}

/** A dead letter that points at the log keeps it from expiring. */
function pin(redis: RedisModel, call: CallKey, head: Head): void {
  head.pinned += 1;
  head.isExpiring = false;
  redis.persist(redis.call(call), ['head', 'log', 'ids']);
}

/** The existing dead letters. */
export function listDeadLetters({ state }: RedisModel): StoredDeadLetter[] {
  return state.partitions.flatMap(({ dead }, partition) =>
    [...dead.entries].map(([id, { fields }]) => toLetter(`${partition}:${id}`, fields)),
  );
}

/** The script that replays a dead letter. */
export function replayDeadLetter(redis: RedisModel, { id, call, seq, log }: StoredDeadLetter): boolean {
  const { dead } = redis.partitionOf(call);
  const entryId = id.slice(id.indexOf(':') + 1);
  const stored = redis.call(call);
  if (stored.log.length === 0 || !dead.entries.delete(entryId)) return false;
  if (stored.head !== undefined && log !== undefined) stored.head.pinned -= 1;
  const { head } = redis.call(call);
  if (head !== undefined) head.trials = 0;
  redis.addToFeed(call, 'persist', { c: callId(call), s: String(seq), r: 'replay' });
  return true;
}

function toFields({
  call,
  kind,
  seq,
  reason,
  detail,
  original,
  log,
  atMs,
}: DeadLetter): Record<string, string> {
  const pointer = log === undefined ? {} : { log: JSON.stringify(log) };
  const fields = { call: callId(call), kind, seq: String(seq), reason, detail, original, at: String(atMs) };
  return { ...fields, ...pointer };
}

function toLetter(id: string, fields: Readonly<Record<string, string>>): StoredDeadLetter {
  const { call = '', kind, seq, reason = '', detail = '', original = '', log, at } = fields;
  return {
    id,
    call: callOf(call),
    kind: kind === 'event' ? 'event' : 'call',
    seq: Number(seq),
    reason,
    detail,
    original,
    ...(log !== undefined && { log: JSON.parse(log) as LogPointer }),
    atMs: Number(at),
  };
}
