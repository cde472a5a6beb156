import { type CallKey } from '@turnlog/call-events';
import { type PostgresModel, type StoredRow } from '../postgres/postgres-model.ts';
import { eventIdsOf } from './event-ids.ts';
import { type Violations } from './violations.ts';

interface Turn {
  readonly id: string;
}

/** No write may lower the version of a row or remove turns from it. */
export function watchRow(
  violations: Violations,
  { callSid }: CallKey,
  before: StoredRow | undefined,
  after: StoredRow,
): void {
  if (before === undefined) return;
  if (after.row.version < before.row.version) {
    violations.add(`${callSid}: the row went from version ${before.row.version} to ${after.row.version}`);
  }
  const turns = turnsOf(after);
  const gone = [...turnsOf(before)].filter((id) => !turns.has(id));
  if (gone.length > 0) violations.add(`${callSid}: the row lost the turns ${gone.join(' ')}`);
}

/** No log may expire before all of it is in Postgres. */
export function watchExpiry(
  violations: Violations,
  postgres: PostgresModel,
  call: CallKey,
  log: readonly string[],
): void {
  const archived = eventIdsOf(postgres.archive(call));
  const missing = [...eventIdsOf(log)].filter((id) => !archived.has(id));
  if (missing.length > 0)
    violations.add(`${call.callSid}: the log expired before ${missing.join(' ')} were archived`);
}

function turnsOf({ row }: StoredRow): Set<string> {
  return new Set((JSON.parse(row.full_transcript.toString()) as Turn[]).map(({ id }) => id));
}
