import { decodeEvent, type CallEvent } from '@turnlog/call-events';
import { type CallStore, type StoredCall } from '@turnlog/call-store';
import { contentOfEvent, hashOf } from '../ledger/content.ts';
import { type LedgerCall, type LedgerEvent } from '../ledger/ledger.ts';
import { type Violation } from './violation.ts';

const TENANT = 'default';

/** Compares one call's ledger with its archive and its row. */
export async function compareCall(store: CallStore, ledger: LedgerCall): Promise<Violation[]> {
  const { callSid } = ledger;
  const call = { tenant: TENANT, callSid };
  const row = await store.readCall(call);
  const archived = readEvents(await store.readArchive(call));
  const violations = [...missing(ledger, archived), ...unexpected(ledger, archived)];
  if (row === undefined)
    return archived.size > 0 || hasAcknowledged(ledger) ? [...violations, noRow()] : violations;
  violations.push(...compareRow(ledger, row, archived));
  return violations.map((violation) => ({ ...violation, callSid }));

  function noRow(): Violation {
    return { callSid, problem: 'it has no row' };
  }
}

function readEvents(texts: readonly string[]): Map<string, CallEvent> {
  const events = texts.flatMap((text) => {
    const decoded = decodeEvent(text);
    return decoded.ok ? [decoded.event] : [];
  });
  return new Map(events.map((event) => [event.id, event]));
}

/** Every acknowledged event is in the archive, with what it said. */
function missing({ callSid, events }: LedgerCall, archived: ReadonlyMap<string, CallEvent>): Violation[] {
  return [...events.values()].flatMap((event) => {
    const found = archived.get(event.id);
    if (found === undefined) {
      if (event.state !== 'acknowledged') return [];
      return [{ callSid, problem: `${event.id} was acknowledged and is not in the archive`, isLoss: true }];
    }
    const content = contentOfEvent(found);
    if (content !== undefined && hashOf(content) === event.hash) return [];
    return [{ callSid, problem: `${event.id} does not say in the archive what it said` }];
  });
}

/** Nothing that an agent reports is there that no agent has sent. */
function unexpected({ callSid, events }: LedgerCall, archived: ReadonlyMap<string, CallEvent>): Violation[] {
  return [...archived.values()].flatMap((event) => {
    if (contentOfEvent(event) === undefined) return [];
    const sent = events.get(event.id);
    if (sent === undefined) return [{ callSid, problem: `${event.id} is in the archive and was never sent` }];
    if (sent.state === 'refused')
      return [{ callSid, problem: `${event.id} was refused and is in the archive` }];
    return [];
  });
}

/** The row holds each archived turn and field once, in the order in which they were said. */
function compareRow(
  ledger: LedgerCall,
  row: StoredCall,
  archived: ReadonlyMap<string, CallEvent>,
): Violation[] {
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

function hasAcknowledged({ events }: LedgerCall): boolean {
  return [...events.values()].some(({ state }) => state === 'acknowledged');
}
