import { type CallRow } from './call-row.ts';
import { jsonArray } from './json-array.ts';

/** A row, and the epoch that it is written from. */
export interface EpochRow {
  readonly row: CallRow;
  readonly epoch: string;
  /** The number of epochs in it. */
  readonly epochCount: number;
}

const JSON_COLUMNS = [
  ...(['lead', 'full_transcript', 'collected_data', 'objections', 'metrics', 'consents', 'legs'] as const),
] as const;
type JsonColumn = (typeof JSON_COLUMNS)[number];
type PlainColumn = Exclude<keyof CallRow, JsonColumn>;

const PLAIN_COLUMN_TYPES: Readonly<Record<PlainColumn, string>> = {
  tenant: 'text',
  call_sid: 'text',
  status: 'text',
  direction: 'text',
  from_number: 'text',
  to_number: 'text',
  stage: 'text',
  outcome: 'text',
  initiated_at: 'timestamptz',
  answered_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration_seconds: 'double precision',
  end_reason: 'text',
  recording_url: 'text',
  price: 'numeric',
  currency: 'text',
  custom_field: 'text',
  version: 'integer',
  fold_version: 'integer',
  transcript_sha256: 'text',
};
const PLAIN_COLUMNS = Object.keys(PLAIN_COLUMN_TYPES) as PlainColumn[];
const COLUMNS = [...PLAIN_COLUMNS, 'epoch', 'epoch_count', ...JSON_COLUMNS];

/** Inserts rows, or updates existing ones if the guard allows; returns the keys of the written rows. */
export function upsertRowsSql(guard: string, firstParameter = 1): string {
  const types = [
    ...PLAIN_COLUMNS.map((column) => PLAIN_COLUMN_TYPES[column]),
    ...['text', 'integer'],
    ...JSON_COLUMNS.map(() => 'jsonb'),
  ];
  const columns = types.map((type, index) => `$${firstParameter + index}::${type}[]`);
  const updates = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
  return `
    insert into call_sessions (${COLUMNS.join(', ')})
    select * from unnest(${columns.join(', ')})
    on conflict (tenant, call_sid) do update set ${updates.join(', ')}, persisted_at = now()
    where ${guard}
    returning tenant, call_sid`;
}

/** The parameters of {@link upsertRowsSql}: one per column. */
export function rowParameters(rows: readonly EpochRow[]): unknown[] {
  return [
    ...PLAIN_COLUMNS.map((column) => rows.map(({ row }) => row[column])),
    rows.map(({ epoch }) => epoch),
    rows.map(({ epochCount }) => epochCount),
    ...JSON_COLUMNS.map((column) =>
      jsonArray(
        'jsonb',
        rows.map(({ row }) => row[column]),
      ),
    ),
  ];
}
