import { DEFAULT_UTC_OFFSET_MINUTES, formatCarrierTime } from '@turnlog/exotel';

/** A field as the API answers it. */
export type FieldValue = string | number | null | { readonly [name: string]: FieldValue };

/** The fields of a `Call`. */
export type CallFields = Readonly<Record<string, FieldValue>>;

/** A call of the fake API, and what the API answers about it. */
export class FakeCall {
  readonly sid: string;
  #fields: CallFields;
  #asked = 0;
  #nextAnswers: readonly CallFields[] = [];

  /** Fields that are not given have the values of a call that was just queued. */
  constructor(sid: string, fields: CallFields, nowMs: number) {
    this.sid = sid;
    this.#fields = { ...queuedCall(sid, nowMs), ...fields };
  }

  /** What the API answers now. */
  get fields(): CallFields {
    return this.#fields;
  }

  /** How many requests asked for this call by its sid. */
  get asked(): number {
    return this.#asked;
  }

  /** Changes these fields. */
  update(fields: CallFields): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  /** Changes the fields at each of the next requests for the call; the last change stays. */
  answerInTurn(...answers: readonly CallFields[]): void {
    this.#nextAnswers = answers;
  }

  /** Answers one request for the call. */
  answer(): CallFields {
    this.#asked += 1;
    const [next, ...rest] = this.#nextAnswers;
    this.#nextAnswers = rest;
    if (next !== undefined) this.update(next);
    return this.#fields;
  }
}

/** The documented fields of a call, https://developer.exotel.com/docs/voice-v1/api-reference/call-details. */
function queuedCall(sid: string, nowMs: number): CallFields {
  return {
    Sid: sid,
    ParentCallSid: null,
    DateCreated: istTime(nowMs),
    DateUpdated: istTime(nowMs),
    AccountSid: 'fake',
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
    Uri: `/v1/Accounts/fake/Calls/${sid}`,
    RecordingUrl: null,
  };
}

/** A time as Exotel writes it, `YYYY-MM-DD HH:mm:ss` in IST. */
export function istTime(atMs: number): string {
  return formatCarrierTime(atMs, DEFAULT_UTC_OFFSET_MINUTES);
}
