import { setImmediate } from 'node:timers/promises';
import { decodeEvent } from '@turnlog/call-events';
import { type CallStore, type StoredCall } from '@turnlog/call-store';
import { contentOfEvent, hashOf } from '../ledger/content.ts';
import { type LedgerCall, type LedgerEvent } from '../ledger/ledger.ts';
import { type Violation } from './violation.ts';

const TENANT = 'default';
const GIANT_LENGTH = 100_000;

/** Compares one call's journal with its archive and its row. */
export async function compareCall(store: CallStore, ledger: LedgerCall): Promise<Violation[]> {
  const { callSid } = ledger;
  const call = { tenant: TENANT, callSid };
  const row = await store.readCall(call);
  const archived = await readEvents(await store.readArchive(call));
  const violations = [...missing(ledger, archived), ...unexpected(ledger, archived)];
  if (row === undefined)
    return archived.size > 0 || hasAcknowledged(ledger) ? [...violations, noRow()] : violations;
  violations.push(...compareRow(ledger, row, archived));
  return violations.map((violation) => ({ ...violation, callSid }));

  function noRow(): Violation {
    return { callSid, problem: 'it has no row' };
  }
}

/**
 * The digest of an archived event: the hash of an agent's report, none for other events. Giants are not kept.
 */
type Archived = ReadonlyMap<string, string | undefined>;

async function readEvents(texts: readonly string[]): Promise<Archived> {
  const archived = new Map<string, string | undefined>();
  for (const text of texts) {
    // A giant takes long, and others wait for answers of Postgres in the meantime.
    if (text.length > GIANT_LENGTH) await setImmediate();
    const decoded = decodeEvent(text);
    if (!decoded.ok) continue;
    const content = contentOfEvent(decoded.event);
    archived.set(decoded.event.id, content === undefined ? undefined : hashOf(content));
  }
  return archived;
}

/** Every acknowledged event is in the archive, with its content. */
function missing({ callSid, events }: LedgerCall, archived: Archived): Violation[] {
  return [...events.values()].flatMap((event) => {
    if (!archived.has(event.id)) {
      if (event.state !== 'acknowledged') return [];
      return [{ callSid, problem: `${event.id} was acknowledged and is not in the archive`, isLoss: true }];
    }
    if (archived.get(event.id) === event.hash) return [];
    return [{ callSid, problem: `${event.id} has another content in the archive than was sent` }];
  });
}

/** The archive has no report that was not sent. */
function unexpected({ callSid, events }: LedgerCall, archived: Archived): Violation[] {
  return [...archived].flatMap(([id, hash]) => {
    if (hash === undefined) return [];
    const sent = events.get(id);
    if (sent === undefined) return [{ callSid, problem: `${id} is in the archive and was never sent` }];
    if (sent.state === 'refused') return [{ callSid, problem: `${id} was refused and is in the archive` }];
    return [];
  });
}

/** The row has each archived turn and field once, in order. */
function compareRow(ledger: LedgerCall, row: StoredCall, archived: Archived): Violation[] {
  const violations: Violation[] = [];
  if (row.version !== archived.size) {
    violations.push({ problem: `the row is of ${row.version} events, the archive has ${archived.size}` });
  }
  const expected = [...ledger.events.values()]
    .filter(({ id }) => archived.has(id))
    .sort((a, b) => Number(a.message['timestamp']) - Number(b.message['timestamp']));
  violations.push(...compareTurns(expected, row), ...compareFields(expected, row));
  return violations;
}

function compareTurns(expected: readonly LedgerEvent[], row: StoredCall): Violation[] {
  const said = expected.filter(({ message }) => message.event === 'turn').map(({ id }) => id);
  const written = row.full_transcript.map(({ id }) => id);
  if (said.join() === written.join()) return [];
  if ([...said].sort().join() === [...written].sort().join()) {
    return [{ problem: 'its turns are not in the order in which they were said' }];
  }
  const lost = said.filter((id) => !written.includes(id));
  const extra = written.filter((id, index) => !said.includes(id) || written.indexOf(id) !== index);
  const problem = `its transcript lacks ${lost.join(' ') || 'nothing'} and has ${extra.join(' ') || 'nothing'} too much`;
  return [{ problem, isLoss: lost.length > 0 }];
}

function compareFields(expected: readonly LedgerEvent[], row: StoredCall): Violation[] {
  const collected = expected.filter(({ message }) => message.event === 'collect');
  const names = collected.flatMap(({ message }) => Object.keys((message['data'] ?? {}) as object));
  const lost = names.filter((name) => !Object.hasOwn(row.collected_data, name));
  return lost.length === 0 ? [] : [{ problem: `its collected data lack ${lost.join(' ')}`, isLoss: true }];
}

/** Compares the journal of a dead-lettered call with its log, which its dead letter points at. */
export async function compareLog(ledger: LedgerCall, texts: readonly string[]): Promise<Violation[]> {
  const logged = await readEvents(texts);
  return [...missing(ledger, logged), ...unexpected(ledger, logged)];
}

function hasAcknowledged({ events }: LedgerCall): boolean {
  return [...events.values()].some(({ state }) => state === 'acknowledged');
}
