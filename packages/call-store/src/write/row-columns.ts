import { type CallRow } from './call-row.ts';

/** The types of the columns of `call_sessions` that come from a record. */
const COLUMN_TYPES = {
  tenant: 'text',
  call_sid: 'text',
  status: 'text',
  direction: 'text',
  from_number: 'text',
  to_number: 'text',
  stage: 'text',
  outcome: 'text',
  outcome_reason: 'text',
  initiated_at: 'timestamptz',
  answered_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration_seconds: 'double precision',
  end_reason: 'text',
  ended_cleanly: 'boolean',
  failure_cause: 'text',
  agent_reached: 'boolean',
  keys_pressed: 'text',
  recording_url: 'text',
  price: 'numeric',
  currency: 'text',
  custom_field: 'text',
  version: 'integer',
  fold_version: 'integer',
  transcript_sha256: 'text',
  lead: 'jsonb',
  full_transcript: 'jsonb',
  collected_data: 'jsonb',
  objections: 'jsonb',
  metrics: 'jsonb',
  stages: 'jsonb',
  tool_calls: 'jsonb',
  consents: 'jsonb',
  legs: 'jsonb',
} as const satisfies Readonly<Record<keyof CallRow, string>>;

type ColumnType = (typeof COLUMN_TYPES)[keyof CallRow];
type ColumnOf<Type extends ColumnType> = {
  [Name in keyof CallRow]: (typeof COLUMN_TYPES)[Name] extends Type ? Name : never;
}[keyof CallRow];

export type JsonColumn = ColumnOf<'jsonb'>;
export type MomentColumn = ColumnOf<'timestamptz'>;
export type PlainColumn = Exclude<keyof CallRow, JsonColumn | MomentColumn>;

function columnsOf<Type extends ColumnType>(...types: readonly Type[]): readonly ColumnOf<Type>[] {
  const isOfType = (name: keyof CallRow): name is ColumnOf<Type> =>
    (types as readonly ColumnType[]).includes(COLUMN_TYPES[name]);
  return (Object.keys(COLUMN_TYPES) as (keyof CallRow)[]).filter(isOfType);
}

export const JSON_COLUMNS = columnsOf('jsonb');
export const MOMENT_COLUMNS = columnsOf('timestamptz');
export const PLAIN_COLUMNS = columnsOf('text', 'integer', 'double precision', 'numeric', 'boolean');

/** The array type as which a column's values are sent. */
export function arrayTypeOf(column: keyof CallRow): string {
  return `${COLUMN_TYPES[column]}[]`;
}
