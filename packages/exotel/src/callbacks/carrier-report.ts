/** The status of a call, in Turnlog's spelling of the carrier's words. */
export type CarrierStatus =
  'initiated' | 'ringing' | 'in_progress' | 'completed' | 'failed' | 'no_answer' | 'busy' | 'canceled';

/** What the carrier said of a call outside the stream. Moments are ISO 8601 in UTC with milliseconds. */
export interface CarrierReport {
  readonly callSid: string;
  readonly status: CarrierStatus;
  /** When the carrier says that it knew this. */
  readonly reportedAt?: string;
  readonly eventType?: string;
  readonly from?: string;
  readonly to?: string;
  readonly direction?: string;
  readonly initiatedAt?: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
  readonly durationSeconds?: number;
  readonly recordingUrl?: string;
  readonly disconnectedBy?: string;
  readonly error?: string;
  readonly price?: string;
  readonly streamSid?: string;
  readonly streamStatus?: string;
  /** Every field as it was written, by its name. */
  readonly raw: Readonly<Record<string, string>>;
}

/** A report, or that its fields do not say which call it is about. */
export type ReadReport =
  | { readonly ok: true; readonly report: CarrierReport }
  | { readonly ok: false; readonly problem: 'no_call_sid' };
