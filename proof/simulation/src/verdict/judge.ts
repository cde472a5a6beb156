import { isDeepStrictEqual } from 'node:util';
import {
  callId,
  decodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  type CallKey,
  type CallState,
} from '@turnlog/call-events';
import { toRow, type CallRow } from '@turnlog/call-store';
import { toSessionFields, transcriptHistoryFrom } from '@turnlog/session';
import { type PostgresModel, type StoredRow } from '../postgres/postgres-model.ts';
import { listDeadLetters } from '../redis/dead-letters.ts';
import { type RedisModel } from '../redis/redis-model.ts';
import { startOf } from '../plan/plan-calls.ts';
import { eventIdsOf } from './event-ids.ts';
import { type Ledger } from './ledger.ts';
import { emptyTally, type Tally } from './tally.ts';
import { type Violations } from './violations.ts';

/** What is checked when all is quiet. */
export interface Evidence {
  readonly calls: readonly CallKey[];
  readonly ledger: Ledger;
  readonly redis: RedisModel;
  readonly postgres: PostgresModel;
  /** Entries that are not events, by their place: `<tenant>/<callSid> <seq>`. */
  readonly garbage: ReadonlySet<string>;
}

/** Compares the acknowledged events with the record. */
export function judge(evidence: Evidence, violations: Violations): Tally {
  const tally = emptyTally();
  for (const call of evidence.calls) {
    const refused = evidence.postgres.isPoison(call);
    const kept = refused
      ? eventIdsOf(evidence.redis.call(call).log)
      : judgeRecord(evidence, call, tally, violations);
    judgeAcknowledged(evidence, call, kept, tally, violations);
    judgeLiveState(evidence, call, violations);
    judgeExpiry(evidence, call, violations);
  }
  judgeDeadLetters(evidence, violations);
  const known = new Set(evidence.calls.map(callId));
  for (const member of evidence.postgres.calls) {
    if (!known.has(member)) violations.add(`${member}: there is a row of a call that never was`);
  }
  return tally;
}

/**
 * The row is the fold of the archive, with each event once; every connection in it has ended. Returns the
 * event ids.
 */
function judgeRecord(
  { postgres, ledger }: Evidence,
  call: CallKey,
  tally: Tally,
  violations: Violations,
): Set<string> {
  const { callSid } = call;
  const archive = postgres.archive(call);
  const ids = eventIdsOf(archive);
  const stored = postgres.row(call);
  if (ids.size === 0 && stored === undefined) return ids;

  const state = fold(call, archive);
  const forgotten = [...ids].filter((id) => ledger.isForgotten(call, id)).length;
  const behind = ids.size - (stored?.row.version ?? 0);
  if (behind > 0 && behind <= forgotten) tally.behind += 1;
  else judgeRow(call, stored, toRow(toCallRecord(state)), violations);

  for (const [connectionId, { end }] of Object.entries(state.connections)) {
    if (end !== undefined) continue;
    if (ledger.isForgotten(call, startOf(connectionId))) tally.leftOpen += 1;
    else violations.add(`${callSid}: connection ${connectionId} never ended`);
  }
  for (const id of ids) {
    const isKnown = ledger.isAccepted(call, id) || /^(gateway_lost|quiet):/.test(id);
    if (!isKnown) violations.add(`${callSid}: ${id} was never sent`);
  }
  return ids;
}

function judgeRow(
  { callSid }: CallKey,
  stored: StoredRow | undefined,
  expected: CallRow,
  violations: Violations,
): void {
  for (const [column, value] of Object.entries(expected)) {
    const found = stored?.row[column as keyof CallRow];
    if (isDeepStrictEqual(found, value)) continue;
    const detail = column === 'version' ? ` (${String(found)}, not ${String(value)})` : '';
    violations.add(`${callSid}: the row's ${column} is not what the archive says${detail}`);
  }
}

function judgeAcknowledged(
  { ledger }: Evidence,
  call: CallKey,
  kept: ReadonlySet<string>,
  tally: Tally,
  violations: Violations,
): void {
  for (const event of ledger.acknowledgedOf(call)) {
    tally.acknowledged += 1;
    if (kept.has(event.id)) continue;
    if (ledger.mayBeLost(event)) tally.lost += 1;
    else violations.add(`${call.callSid}: ${event.id} was acknowledged and is lost`);
  }
}

/** Live views are the fold of the log, for as long as there is a log. */
function judgeLiveState({ redis }: Evidence, call: CallKey, violations: Violations): void {
  const { head, log, session, turns } = redis.call(call);
  if (head === undefined || log.length === 0) return;
  const state = fold(call, log);
  if (session?.epoch !== head.epoch || session.seq !== head.seq) {
    violations.add(`${call.callSid}: the live state is at ${session?.seq}, the log at ${head.seq}`);
    return;
  }
  const expected = toSessionFields(state);
  for (const [field, value] of Object.entries(expected)) {
    if (session.fields[field] !== value)
      violations.add(`${call.callSid}: the live state's ${field} is not what the log says`);
  }
  if (turns.join() !== transcriptHistoryFrom(state, 0).join()) {
    violations.add(`${call.callSid}: the live transcript is not what the log says`);
  }
}

/** Keys of a call that is over and in Postgres do not stay for ever; those of a refused one do. */
function judgeExpiry({ redis, postgres }: Evidence, call: CallKey, violations: Violations): void {
  const { head, log, expiry } = redis.call(call);
  if (head === undefined) return;
  const stays = postgres.isPoison(call);
  if (stays && expiry.has('log')) violations.add(`${call.callSid}: Postgres refuses it, and its log expires`);
  if (!stays && !((log.length === 0 || expiry.has('log')) && expiry.has('head')))
    violations.add(`${call.callSid}: its keys stay for ever`);
}

/** The dead letters are the planted poisons, each of them once. */
function judgeDeadLetters({ calls, redis, postgres, garbage }: Evidence, violations: Violations): void {
  const expected = new Set(garbage);
  for (const call of calls) {
    if (postgres.isPoison(call) && redis.call(call).log.length > 0) expected.add(callId(call));
  }
  const found = listDeadLetters(redis).map(({ kind, call, seq }) =>
    kind === 'call' ? callId(call) : `${callId(call)} ${seq}`,
  );
  for (const letter of found) {
    if (!expected.has(letter)) violations.add(`there is a dead letter that was not planted: ${letter}`);
  }
  for (const letter of expected) {
    const times = found.filter((each) => each === letter).length;
    if (times !== 1) violations.add(`there are ${times} dead letters of ${letter}`);
  }
}

function fold(call: CallKey, texts: readonly string[]): CallState {
  let state = initialState(call);
  for (const text of texts) {
    const decoded = decodeEvent(text);
    if (decoded.ok) state = foldCall(state, decoded.event);
  }
  return state;
}
