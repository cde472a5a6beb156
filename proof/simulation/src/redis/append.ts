import { callId, reportOf, type CallKey } from '@turnlog/call-events';
import {
  changeOf,
  type AppendLimits,
  type AppendOutcome,
  type AppendRequest,
  type AppendResult,
  type NewEvent,
  type RefusalReason,
} from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';
import { type Head, type StoredCall } from './redis-state.ts';

/** The append script. */
export function append(
  redis: RedisModel,
  request: AppendRequest,
  limits: Required<Pick<AppendLimits, 'maxEvents' | 'maxBytes'>>,
): AppendOutcome {
  const { call, events, mode, unseenSinceMs } = request;
  const member = callId(call);
  const stored = redis.call(call);
  const { live } = redis.partitionOf(call);
  if (unseenSinceMs !== undefined) {
    const seen = live.get(member);
    if (seen === undefined || seen > unseenSinceMs) return { outcome: 'seen' };
  }

  const first = mode === 'ordered' ? events[0]?.event : undefined;
  let sourceSeq = first?.sourceSeq ?? 0;
  const lastOfSource = (first && stored.head?.sources.get(first.source)) ?? 0;
  if (first !== undefined && sourceSeq > lastOfSource + 1 && redis.sabotage !== 'gap-answer') {
    return { outcome: 'gap', expected: lastOfSource + 1 };
  }

  const head = (stored.head ??= newHead());
  // All of it is in Postgres, and its log has expired: a new epoch starts with the next event.
  const isReleased = () => head.isExpiring && stored.log.length === 0;
  const firstNew = (isReleased() ? 0 : head.seq) + 1;
  const results: AppendResult[] = [];
  const refusedBefore = first && head.refused.get(first.source);
  const refusedNow = new Map<number, RefusalReason>();
  const change = { opened: false, closed: false, isOver: false };
  for (const newEvent of events) {
    const result = appendOne(newEvent);
    results.push(result);
    if (result.status === 'refused') refusedNow.set(sourceSeq, result.reason);
    sourceSeq += 1;
  }
  if (first !== undefined && sourceSeq - 1 > lastOfSource) {
    head.sources.set(first.source, sourceSeq - 1);
    head.refused.set(first.source, refusedNow);
  }
  if (!isReleased() && head.seq >= firstNew) tellOfNews(head);
  // An append that adds nothing creates no key.
  if (head.seq === 0 && head.sources.size === 0) stored.head = undefined;
  return { outcome: 'ok', epoch: head.epoch, results };

  function appendOne(newEvent: NewEvent): AppendResult {
    const { event, text, bytes, rememberId } = newEvent;
    const changeBy = changeOf(newEvent);
    if (newEvent.isRefused === true) return { status: 'refused', reason: 'conflict' };
    const known = rememberId ? placeOf(stored.ids, event, request.isAcknowledged === true) : undefined;
    if (known !== undefined) return known;
    if (first !== undefined && sourceSeq <= lastOfSource) {
      const before = redis.sabotage === 'refused-again' ? undefined : refusedBefore?.get(sourceSeq);
      if (before !== undefined) return { status: 'refused', reason: before };
      return { status: 'duplicate', seq: undefined };
    }
    const held = { ...head, seq: isReleased() ? 0 : head.seq };
    const reason = refusalOf(held, { bytes, change: changeBy }, request, limits);
    if (reason !== undefined) return { status: 'refused', reason };
    const connection = connectionChange(changeBy);
    if (isReleased()) beginLife(head, redis, 0);
    else if (head.run !== redis.run) beginLife(head, redis, head.seq);
    head.seq += 1;
    stored.log.push(text);
    head.bytes += bytes;
    redis.onAppended(call, event.id);
    if (rememberId) remember(stored.ids, event, head.seq);
    if (connection !== undefined) noteConnection(head, connection, change);
    else if (changeBy === '!') change.isOver = true;
    return { status: 'appended', seq: head.seq };
  }

  function tellOfNews({ seq, open }: Head): void {
    redis.addToFeed(call, 'activity', { c: member, s: String(seq) });
    if (change.closed) redis.addToFeed(call, 'persist', { c: member, s: String(seq), r: 'closed' });
    else if (open === 0) redis.addToFeed(call, 'persist', { c: member, s: String(seq), r: 'late' });
    else if (change.isOver) redis.addToFeed(call, 'persist', { c: member, s: String(seq), r: 'reported' });
    if (open === 0 && change.closed) live.delete(member);
    else if (change.opened || open === undefined) live.set(member, Math.floor(redis.now()));
    if (head.isExpiring) {
      head.isExpiring = false;
      redis.persist(stored, ['head', 'log', 'ids']);
    }
  }
}

type Ids = StoredCall['ids'];

function placeOf(ids: Ids, event: NewEvent['event'], isAcknowledged: boolean): AppendResult | undefined {
  const { fingerprint: content = '' } = event;
  const known = ids.get(reportOf(event));
  if (known === undefined) return undefined;
  const isSame = known.content === '' || content === '' || known.content === content;
  const same = isSame ? known : ids.get(`${reportOf(event)}\0${content}`);
  if (same !== undefined) return { status: 'duplicate', seq: same.seq };
  return isAcknowledged ? undefined : { status: 'refused', reason: 'conflict' };
}

function remember(ids: Ids, event: NewEvent['event'], seq: number): void {
  const { fingerprint: content = '' } = event;
  const report = reportOf(event);
  ids.set(ids.has(report) ? `${report}\0${content}` : report, { seq, content });
}

/**
 * Another server run may give the seqs of lost events to others. A released log starts with the first one.
 */
function beginLife(head: Head, redis: RedisModel, seq: number): void {
  head.epoch = `${redis.now().toFixed(3)}-${redis.run}`;
  head.run = redis.run;
  head.persisted = 0;
  head.seq = seq;
}

/** The head of a new call. */
export function newHead(): Head {
  return {
    epoch: '',
    run: undefined,
    seq: 0,
    bytes: 0,
    persisted: 0,
    open: undefined,
    isExpiring: false,
    pinned: 0,
    trials: 0,
    survivedAtMs: -Infinity,
    sources: new Map(),
    refused: new Map(),
    connections: new Map(),
    letters: new Map(),
  };
}

interface ConnectionChange {
  readonly kind: 'opens' | 'closes';
  readonly connectionId: string;
}

function connectionChange(change: string): ConnectionChange | undefined {
  if (change.startsWith('+')) return { kind: 'opens', connectionId: change.slice(1) };
  if (change.startsWith('-')) return { kind: 'closes', connectionId: change.slice(1) };
  return undefined;
}

function refusalOf(
  head: Head,
  { bytes, change }: { readonly bytes: number; readonly change: string },
  { isAcknowledged = false, isTenantFull = false }: AppendRequest,
  { maxEvents, maxBytes }: Required<Pick<AppendLimits, 'maxEvents' | 'maxBytes'>>,
): RefusalReason | undefined {
  if (isAcknowledged) return undefined;
  const isPlain = change === '';
  const factor = isPlain ? 1 : 2;
  const hasRoom = head.seq < maxEvents * factor && head.bytes + bytes <= maxBytes * factor;
  if (hasRoom) return isPlain && isTenantFull ? 'tenant_full' : undefined;
  const connection = connectionChange(change);
  const isOpenEnd = connection?.kind === 'closes' && head.connections.get(connection.connectionId) === 'open';
  return isOpenEnd ? undefined : 'call_full';
}

function noteConnection(
  head: Head,
  { kind, connectionId }: ConnectionChange,
  change: { opened: boolean; closed: boolean },
): void {
  const state = head.connections.get(connectionId);
  head.open ??= 0;
  if (kind === 'closes') {
    change.closed = true;
    if (state === 'open') head.open -= 1;
    head.connections.set(connectionId, 'closed');
  } else if (state === undefined) {
    change.opened = true;
    head.open += 1;
    head.connections.set(connectionId, 'open');
  }
}

/** An entry that is not an event. */
export const GARBAGE = '{"v":1,"id":';

/** Appends it to the log of a call in progress. Returns its seq; undefined if there is no such call. */
export function appendGarbage(redis: RedisModel, call: CallKey): number | undefined {
  const { head, log } = redis.call(call);
  if (head?.open === undefined || head.open === 0) return undefined;
  head.seq += 1;
  log.push(GARBAGE);
  redis.addToFeed(call, 'activity', { c: callId(call), s: String(head.seq) });
  return head.seq;
}
