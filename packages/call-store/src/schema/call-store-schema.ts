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
  /** A decimal number as text, with the carrier's digits. */
  price: string | null;
  /** Of the price: three letters, if the carrier gives it. */
  currency: string | null;
  /** Passed along when the call was placed. */
  custom_field: string | null;
  full_transcript: Json<CallRecord['transcript']>;
  collected_data: Json<CallRecord['collectedData']>;
  objections: Json<CallRecord['objections']>;
  metrics: Json<CallRecord['metrics']>;
  consents: Json<CallRecord['consents']>;
  /** Other legs of the call, such as colleagues who were dialled. */
  legs: Json<CallRecord['legs']>;
  /** When retention deleted the words, the collected data and the identities. */
  transcript_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** When retention deleted the archive: from then on the row cannot be compared with it. */
  archive_removed_at: ColumnType<Date | null, string | undefined, string>;
  /** The number of distinct events in the row, over all epochs. */
  version: number;
  /** The version of the folding rules of the row. */
  fold_version: number;
  /** The epoch that the row was last written from. */
  epoch: string;
  epoch_count: Generated<number>;
  /** Of the JSON text of the transcript as it was sent, in hex. */
  transcript_sha256: string;
  persisted_at: Generated<Date>;
  created_at: Generated<Date>;
}

/** The archive: the events of a call as they were in its log, in segments. */
export interface CallEventSegmentsTable {
  tenant: string;
  call_sid: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
  event_count: number;
  /** `json`, not `jsonb`: keeps the exact text of each event. */
  events: Json<JsonValue[]>;
  created_at: Generated<Date>;
}

/** Calls that neither retention nor an erasure may delete. */
export interface LegalHoldsTable {
  tenant: string;
  call_sid: string;
  reason: string;
  held_at: Generated<Date>;
}

/** The erasure ledger: `subject` is a keyed hash. */
export interface ErasuresTable {
  kind: 'call' | 'phone';
  subject: string;
  tenant: string | null;
  erased_at: Generated<Date>;
  found: Json<Readonly<Record<string, number>> | null>;
}

/** SHA-256 of `tenant/call_sid` of erased calls: they are not written any more. */
export interface ErasedCallsTable {
  call_hash: Buffer;
  erased_at: Generated<Date>;
}

/** One row per turn, from `full_transcript`. */
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
