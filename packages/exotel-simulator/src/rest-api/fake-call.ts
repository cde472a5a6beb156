const IST_MS = 330 * 60_000;

/** A field as the API answers it. */
export type StandInValue = string | number | null | { readonly [name: string]: StandInValue };

/** The fields of a `Call`. */
export type StandInFields = Readonly<Record<string, StandInValue>>;

/** A call that the stand-in knows. */
export interface StandInCall {
  readonly sid: string;
  /** What the API says of it now. */
  readonly fields: StandInFields;
  /** How often it was asked for by its sid. */
  readonly asked: number;
  /** Says something else of it from now on. */
  update(fields: StandInFields): void;
  /** Says these of it, one at each time that it is asked for; the last one stays. */
  answerInTurn(...answers: readonly StandInFields[]): void;
}

/** The documented fields of a call, https://developer.exotel.com/docs/voice-v1/api-reference/call-details. */
export function callFields(sid: string, own: StandInFields, nowMs: number): StandInFields {
  return {
    Sid: sid,
    ParentCallSid: null,
    DateCreated: istTime(nowMs),
    DateUpdated: istTime(nowMs),
    AccountSid: 'stand-in',
    To: '08047000001',
    From: '09800000001',
    PhoneNumberSid: '08047000001',
    Status: 'queued',
    StartTime: istTime(nowMs),
    EndTime: null,
    Duration: null,
    Price: null,
    Direction: 'outbound-api',
    AnsweredBy: null,
    Uri: `/v1/Accounts/stand-in/Calls/${sid}`,
    RecordingUrl: null,
    ...own,
  };
}

/** Makes a call; `take` is its answer to one more question. */
export function createStandInCall(sid: string, fields: StandInFields) {
  let current = fields;
  let asked = 0;
  let inTurn: readonly StandInFields[] = [];
  const call: StandInCall = {
    sid,
    get fields() {
      return current;
    },
    get asked() {
      return asked;
    },
    update: (changed) => (current = { ...current, ...changed }),
    answerInTurn: (...answers) => (inTurn = answers),
  };
  const take = (): StandInFields => {
    asked += 1;
    const [next, ...rest] = inTurn;
    inTurn = rest;
    if (next !== undefined) current = { ...current, ...next };
    return current;
  };
  return { call, take };
}

/** A time as Exotel writes it, `YYYY-MM-DD HH:mm:ss` in IST. */
export function istTime(atMs: number): string {
  return new Date(atMs + IST_MS).toISOString().slice(0, 19).replace('T', ' ');
}
