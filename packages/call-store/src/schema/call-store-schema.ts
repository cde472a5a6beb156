import { type CallRecord } from '@turnlog/call-events';
import { type Tenant } from '@turnlog/tenants';
import { type ColumnType, type Generated, type Selectable } from 'kysely';
import { type CallRow } from '../write/call-row.ts';
import { type JsonColumn, type MomentColumn } from '../write/row-columns.ts';

/** The tables of which kysely builds statements; the others are in plain SQL. */
export interface CallStoreSchema {
  call_sessions: CallSessionsTable;
  tenants: TenantsTable;
}

/** A JSON column: a value when read, its text when written. */
type Json<T> = ColumnType<T, string, string>;
type Moment = ColumnType<Date, string, string>;

/** One row per call: the columns of its record, and those of the store. */
export interface CallSessionsTable extends Omit<CallRow, JsonColumn | MomentColumn> {
  initiated_at: Moment | null;
  answered_at: Moment | null;
  ended_at: Moment | null;
  lead: Json<CallRecord['lead']>;
  full_transcript: Json<CallRecord['transcript']>;
  collected_data: Json<CallRecord['collectedData']>;
  objections: Json<CallRecord['objections']>;
  metrics: Json<CallRecord['metrics']>;
  stages: Json<CallRecord['stages']>;
  tool_calls: Json<CallRecord['toolCalls']>;
  consents: Json<CallRecord['consents']>;
  /** Other legs of the call, such as colleagues who were dialled. */
  legs: Json<CallRecord['legs']>;
  /** When retention deleted the words, the collected data and the identities. */
  transcript_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** When retention deleted the archive: from then on the row cannot be compared with it. */
  archive_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** The epoch that the row was last written from. */
  epoch: string;
  epoch_count: Generated<number>;
  persisted_at: Generated<Date>;
  created_at: Generated<Date>;
}

/** One row per tenant that was ever added. */
export interface TenantsTable {
  name: string;
  /** Counts the changes of the row. */
  revision: number;
  secrets: Json<Tenant['secrets']>;
  policy: Json<Tenant['policy']>;
  revoked_at: Moment | null;
  created_at: Generated<Date>;
  changed_at: Generated<Date>;
}

/** A call's row as it is read. Its keys are the columns. */
export type StoredCall = Selectable<CallSessionsTable>;
