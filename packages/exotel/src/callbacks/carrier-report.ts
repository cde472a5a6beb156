/** The status of a call, in Turnlog's spelling of the carrier's words. */
export type CarrierStatus =
  'initiated' | 'ringing' | 'in_progress' | 'completed' | 'failed' | 'no_answer' | 'busy' | 'canceled';

/** Another leg of the call, such as the phone of a colleague whom a Connect applet dials. */
export interface CarrierLeg {
  readonly number?: string;
  /** The carrier's word. */
  readonly status?: string;
  /** Who answers there, where the carrier knows it: an address or a name. */
  readonly agent?: string;
  readonly durationSeconds?: number;
}

/** What the carrier said of a call outside the stream. Moments are ISO 8601 in UTC with milliseconds. */
export interface CarrierReport {
  readonly callSid: string;
  readonly status: CarrierStatus;
  /** No status was named that is known; this one follows from that the call is over. */
  readonly assumed?: true;
  /** The carrier's word, where it is none that is known. */
  readonly statusWord?: string;
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
  /** Three letters. */
  readonly currency?: string;
  readonly customField?: string;
  readonly leg?: CarrierLeg;
  /** The report is about that leg: of the call's own status it says nothing. */
  readonly subject?: 'leg';
  readonly streamSid?: string;
  readonly streamStatus?: string;
  /** Every field as it was written, by its name. */
  readonly raw: Readonly<Record<string, string>>;
}

/** What was said of a call that is not named. */
export type NamelessReport = Omit<CarrierReport, 'callSid'>;

/** A report; or what was said, where the fields do not say of which call. */
export type ReadReport =
  | { readonly ok: true; readonly report: CarrierReport }
  | { readonly ok: false; readonly problem: 'no_call_sid'; readonly nameless: NamelessReport };

/** What was said, as a report on the call where its id is known. */
export function reportOn(callSid: string | undefined, nameless: NamelessReport): ReadReport {
  if (callSid === undefined) return { ok: false, problem: 'no_call_sid', nameless };
  return { ok: true, report: { callSid, ...nameless } };
}
