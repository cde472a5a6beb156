/** The status of a call, as Turnlog spells the carrier's words. */
export type CarrierStatus =
  'initiated' | 'ringing' | 'in_progress' | 'completed' | 'failed' | 'no_answer' | 'busy' | 'canceled';

/** Another leg of the call, such as the phone of a colleague whom a Connect applet dials. */
export interface CarrierLeg {
  readonly number?: string;
  /** The carrier's word. */
  readonly status?: string;
  /** The agent there, if the carrier knows it: an address or a name. */
  readonly agent?: string;
  readonly durationSeconds?: number;
}

/**
 * What the carrier reports about a call outside the stream. Moments are ISO 8601 in UTC with milliseconds.
 */
export interface CarrierReport {
  readonly callSid: string;
  readonly status: CarrierStatus;
  /** The report has no known status; this one follows because the call is over. */
  readonly assumed?: true;
  /** The carrier's word, if it is unknown. */
  readonly statusWord?: string;
  /** The time of the carrier's information. */
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
  /** Why the call failed, such as `NETWORK_ERROR`. */
  readonly cause?: string;
  readonly price?: string;
  /** Three letters. */
  readonly currency?: string;
  readonly customField?: string;
  readonly leg?: CarrierLeg;
  /** The report is about that leg, not about the call's own status. */
  readonly subject?: 'leg';
  readonly streamSid?: string;
  readonly streamStatus?: string;
  /** Every field as it was written, by its name. */
  readonly raw: Readonly<Record<string, string>>;
}

/** A report without a call. */
export type NamelessReport = Omit<CarrierReport, 'callSid'>;

/** A report, or its fields if they do not identify a call. */
export type ReadReport =
  | { readonly ok: true; readonly report: CarrierReport }
  | { readonly ok: false; readonly problem: 'no_call_sid'; readonly nameless: NamelessReport };

/** The fields as a report on the call, if its id is known. */
export function reportOn(callSid: string | undefined, nameless: NamelessReport): ReadReport {
  if (callSid === undefined) return { ok: false, problem: 'no_call_sid', nameless };
  return { ok: true, report: { callSid, ...nameless } };
}
