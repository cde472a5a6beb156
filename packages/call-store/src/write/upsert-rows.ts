import { type CallRow } from './call-row.ts';
import { jsonArray } from './json-array.ts';
import { arrayTypeOf, JSON_COLUMNS, MOMENT_COLUMNS, PLAIN_COLUMNS } from './row-columns.ts';

/** A row, and the epoch that it is written from. */
export interface EpochRow {
  readonly row: CallRow;
  readonly epoch: string;
  /** The number of epochs in it. */
  readonly epochCount: number;
}

const SCALAR_COLUMNS = [...PLAIN_COLUMNS, ...MOMENT_COLUMNS];
const COLUMNS = [...SCALAR_COLUMNS, 'epoch', 'epoch_count', ...JSON_COLUMNS];
const ARRAY_TYPES = [
  ...SCALAR_COLUMNS.map(arrayTypeOf),
  ...['text[]', 'integer[]'],
  ...JSON_COLUMNS.map(arrayTypeOf),
];

/**
 * Inserts rows, or updates existing ones if the guard allows, and then sets `persisted_at`; returns the keys of the
 * written rows.
 */
export function upsertRowsSql(guard: string, firstParameter = 1, persistedAt = 'now()'): string {
  const values = ARRAY_TYPES.map((type, index) => `$${firstParameter + index}::${type}`);
  const updates = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
  return `
    insert into call_sessions (${COLUMNS.join(', ')})
    select * from unnest(${values.join(', ')})
    on conflict (tenant, call_sid) do update set ${updates.join(', ')}, persisted_at = ${persistedAt}
    where ${guard}
    returning tenant, call_sid`;
}

/** The parameters of {@link upsertRowsSql}: one per column. */
export function rowParameters(rows: readonly EpochRow[]): unknown[] {
  const jsonOf = (column: (typeof JSON_COLUMNS)[number]) => rows.map(({ row }) => row[column]);
  return [
    ...SCALAR_COLUMNS.map((column) => rows.map(({ row }) => row[column])),
    rows.map(({ epoch }) => epoch),
    rows.map(({ epochCount }) => epochCount),
    ...JSON_COLUMNS.map((column) => jsonArray('jsonb', jsonOf(column))),
  ];
}
