import { type CallRecord, type JsonValue } from '@turnlog/call-events';
import { type Tenant } from '@turnlog/tenants';
import { type ColumnType, type Generated, type Selectable } from 'kysely';

/** The tables and the view, as kysely sees them. */
export interface CallStoreSchema {
  call_sessions: CallSessionsTable;
  call_event_segments: CallEventSegmentsTable;
  call_turns: CallTurnsView;
  legal_holds: LegalHoldsTable;
  erasures: ErasuresTable;
  erased_calls: ErasedCallsTable;
  tenants: TenantsTable;
}

/** A JSON column: a value when read, its text when written. */
type Json<T> = ColumnType<T, string, string>;
type Moment = ColumnType<Date, string, string>;

/** One row per call. */
export interface CallSessionsTable {
  tenant: string;
  call_sid: string;
  status: CallRecord['status'];
  direction: string | null;
  from_number: string | null;
  to_number: string | null;
  lead: Json<CallRecord['lead']>;
  stage: string | null;
  outcome: string | null;
  initiated_at: Moment | null;
  answered_at: Moment | null;
  ended_at: Moment | null;
  duration_seconds: number | null;
  end_reason: string | null;
  recording_url: string | null;
  /** A decimal number as text, with as many digits as the carrier gave. */
  price: string | null;
  /** Of the price: three letters, where the carrier names it. */
  currency: string | null;
  /** What was given along when the call was placed. */
  custom_field: string | null;
  full_transcript: Json<CallRecord['transcript']>;
  collected_data: Json<CallRecord['collectedData']>;
  objections: Json<CallRecord['objections']>;
  metrics: Json<CallRecord['metrics']>;
  consents: Json<CallRecord['consents']>;
  /** Other legs of the call, such as colleagues who were dialled. */
  legs: Json<CallRecord['legs']>;
  /** When retention took away what was said and collected, and who it was. */
  transcript_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** When retention took the archive away: from then on the row can't be compared with it. */
  archive_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** The number of distinct events in the row, over all epochs. */
  version: number;
  /** The version of the fold's rules that the row was made by. */
  fold_version: number;
  /** The life of the log that the row was last written from. */
  epoch: string;
  epoch_count: Generated<number>;
  /** Of the JSON text of the transcript as it was sent, in hex. */
  transcript_sha256: string;
  persisted_at: Generated<Date>;
  created_at: Generated<Date>;
}

/** The archive: the events of a call as they were in its log, in stretches. */
export interface CallEventSegmentsTable {
  tenant: string;
  call_sid: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
  event_count: number;
  /** `json`, not `jsonb`: the text of each event is kept to the letter. */
  events: Json<JsonValue[]>;
  created_at: Generated<Date>;
}

/** Calls that neither retention nor an erasure may take away. */
export interface LegalHoldsTable {
  tenant: string;
  call_sid: string;
  reason: string;
  held_at: Generated<Date>;
}

/** The ledger of erasures: `subject` is a keyed hash. */
export interface ErasuresTable {
  kind: 'call' | 'phone';
  subject: string;
  tenant: string | null;
  erased_at: Generated<Date>;
  found: Json<Readonly<Record<string, number>> | null>;
}

/** SHA-256 of `tenant/call_sid` of calls of which nothing may be written any more. */
export interface ErasedCallsTable {
  call_hash: Buffer;
  erased_at: Generated<Date>;
}

/** One row per turn, read out of `full_transcript`. */
export interface CallTurnsView {
  tenant: string;
  call_sid: string;
  turn_no: number;
  turn_id: string;
  speaker: string;
  text: string;
  spoken_at: Date;
  ended_at: Date | null;
  interrupted: boolean | null;
  heard_text: string | null;
  confidence: number | null;
  language: string | null;
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
