import { callId, callOfId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord, type RawEntry } from '../feed/feed-entry.ts';
import { allPartitions, callKeys, partitionKeys, type KeySpace } from '../keys.ts';
import { scanCalls } from '../read/scan-calls.ts';

/** A text of a call in Redis, as a search for a person reads it. */
export interface LoggedText extends CallKey {
  readonly place: 'log' | 'live state' | 'dead letter';
  readonly text: string;
  /** Unix ms; `undefined` if the text has no time. */
  readonly atMs?: number;
}

const SCANNED_AT_ONCE = 1_000;
/** An entry may be a megabyte: few are in memory at a time. */
const ENTRIES_AT_ONCE = 32;

/** Every call that has a key, each once. With a sid, only the calls of this sid, of all tenants. */
export async function* callsInRedis(
  redis: Redis,
  space: KeySpace,
  callSid?: string,
): AsyncGenerator<CallKey> {
  const seen = new Set<string>();
  for await (const calls of scanCalls(redis, space, { callSid }, SCANNED_AT_ONCE)) {
    for (const call of calls) {
      if (seen.has(callId(call)) || (callSid !== undefined && call.callSid !== callSid)) continue;
      seen.add(callId(call));
      yield call;
    }
  }
}

/** All texts of a call in its log and its live state. */
export async function* textsOfCall(redis: Redis, space: KeySpace, call: CallKey): AsyncGenerator<LoggedText> {
  const { log, session, turns } = callKeys(space, call);
  for await (const [, fields] of entriesOf(redis, log)) {
    for (const text of Object.values(toRecord(fields ?? []))) {
      if (text !== undefined) yield { ...call, place: 'log', text };
    }
  }
  for (const text of Object.values(await redis.hgetall(session)))
    yield { ...call, place: 'live state', text };
  for (let from = 0; ; from += ENTRIES_AT_ONCE) {
    const page = await redis.lrange(turns, from, from + ENTRIES_AT_ONCE - 1);
    for (const text of page) yield { ...call, place: 'live state', text };
    if (page.length < ENTRIES_AT_ONCE) return;
  }
}

/** All texts of the dead letters. The content that a letter points at is in its call's log. */
export async function* textsOfLetters(redis: Redis, space: KeySpace): AsyncGenerator<LoggedText> {
  for (const partition of allPartitions(space)) {
    for await (const [, fields] of entriesOf(redis, partitionKeys(space, partition).dead)) {
      const { call, at, ...others } = toRecord(fields ?? []);
      if (call?.includes('/') !== true) continue;
      const ofCall = { ...callOfId(call), place: 'dead letter' as const, atMs: Number(at) };
      for (const text of Object.values(others)) if (text !== undefined) yield { ...ofCall, text };
    }
  }
}

/** The entries of a stream, a few at a time. */
export async function* entriesOf(redis: Redis, stream: string): AsyncGenerator<RawEntry> {
  for await (const page of pagesOf(redis, stream, ENTRIES_AT_ONCE)) yield* page;
}

/** The pages of a stream. */
export async function* pagesOf(redis: Redis, stream: string, size: number): AsyncGenerator<RawEntry[]> {
  let from = '-';
  for (;;) {
    const page = (await redis.xrange(stream, from, '+', 'COUNT', size)) as RawEntry[];
    yield page;
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < size) return;
    from = `(${last}`;
  }
}
