import { callSid } from '@turnlog/call-events';
import {
  toCarrierEvents,
  type CarrierSource,
  parseCallback,
  readPassthru,
  readStatusCallback,
  type CallbackProblem,
  type CarrierReport,
  type NamelessReport,
} from '@turnlog/exotel';
import { toNewEvent } from '@turnlog/call-log';
import { type IncomingMessage } from 'node:http';
import { problem, type Answer } from '../answers/answer.ts';
import { type EventStore } from '@turnlog/delivery';
import { type CallbackAnswer } from '../../domain/callback-messages.ts';
import { type StreamCalls } from '../../domain/stream-calls.ts';
import { unplacedCallSid } from '../../domain/unplaced-call.ts';

/** The callbacks that the carrier makes. */
export type CallbackKind = 'status' | 'passthru';

/** What became of a callback. */
export type CallbackFate =
  'recorded' | 'duplicate' | 'unplaced' | 'refused' | 'unavailable' | 'unknown_secret' | 'unknown_address';

export interface CallbacksOptions {
  /** Whether callbacks come from where the request comes from. */
  readonly isExpectedFrom: (request: IncomingMessage) => boolean;
  /** The tenant whose webhook secret this is. */
  readonly authenticate: (secret: string) => string | undefined;
  readonly store: EventStore;
  /** Knows the calls of streams. */
  readonly streams: Pick<StreamCalls, 'find'>;
  /** The zone of times that name none. */
  readonly utcOffsetMinutes: number;
  readonly now: () => number;
  readonly onCallback: (kind: CallbackKind, fate: CallbackFate) => void;
  /** A Passthru came of which no call is known. */
  readonly onUnplaced: () => void;
}

/** A callback as it came. */
export interface Callback {
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** The carrier waits 15 s for its 200, and tries no more than twice again. */
const STORE_DEADLINE_MS = 5_000;
const RETRY_AFTER = { 'retry-after': '2' };

const READERS = {
  status: { read: readStatusCallback, source: 'exotel:status' },
  passthru: { read: readPassthru, source: 'exotel:passthru' },
} satisfies Record<CallbackKind, { read: typeof readStatusCallback; source: CarrierSource }>;

const PROBLEMS: Readonly<Record<CallbackProblem, string>> = {
  not_json: 'the body is not a JSON object in UTF-8',
  not_a_form: 'the body is not multipart/form-data with the boundary that its content-type names',
  too_many_fields: 'there are more than 256 fields, or fields that are nested too deeply',
};

/** What was found wrong, or what was stored. */
interface Taken {
  readonly fate: CallbackFate;
  readonly answer: Answer;
}

/** `/webhooks/exotel/status/<secret>` and `/webhooks/exotel/passthru/<secret>`: what Exotel says outside the stream. */
export class CallbacksEndpoint {
  readonly #options: CallbacksOptions;

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** The tenant whose webhook it is, if a callback of it may come from where the request comes from. */
  admit(kind: CallbackKind, secret: string, request: IncomingMessage): string | undefined {
    const { authenticate, isExpectedFrom, onCallback } = this.#options;
    const tenant = authenticate(secret);
    // Both get the same answer: a stranger who guessed a secret must not learn that it is one.
    if (tenant !== undefined && isExpectedFrom(request)) return tenant;
    onCallback(kind, tenant === undefined ? 'unknown_secret' : 'unknown_address');
    return undefined;
  }

  /**
   * Answers `recorded`, `duplicate` and `unplaced` only when what the callback says is durable. No answer repeats a value
   * that was sent.
   */
  async answer(kind: CallbackKind, tenant: string, callback: Callback): Promise<Answer> {
    return this.#tell(kind, await this.#take(kind, tenant, callback));
  }

  /** Answers a callback whose body is not read. */
  refuse(kind: CallbackKind, answer: Answer): Answer {
    return this.#tell(kind, refused(answer));
  }

  #tell(kind: CallbackKind, taken: Taken): Answer {
    this.#options.onCallback(kind, taken.fate);
    return (kind === 'passthru' ? sparingTheCaller(taken) : taken).answer;
  }

  async #take(kind: CallbackKind, tenant: string, callback: Callback): Promise<Taken> {
    const read = await this.#read(kind, callback);
    if ('answer' in read) return refused(read.answer);
    if ('report' in read) return this.#store(tenant, kind, read.report, callback.body);
    return this.#place(tenant, read.nameless);
  }

  async #read(
    kind: CallbackKind,
    callback: Callback,
  ): Promise<
    { readonly report: CarrierReport } | { readonly nameless: NamelessReport } | { readonly answer: Answer }
  > {
    const parsed = await parseCallback(callback);
    if (!parsed.ok) return { answer: problem(400, parsed.problem, PROBLEMS[parsed.problem]) };
    const result = READERS[kind].read(parsed.fields, this.#options.utcOffsetMinutes);
    if (result.ok) {
      const { report } = result;
      if (callSid.safeParse(report.callSid).success) return { report };
      if (kind === 'passthru') return { nameless: report };
      const rule = 'CallSid: expected 1 to 128 characters, none of them control characters';
      return { answer: problem(400, 'invalid_call_sid', rule) };
    }
    if (kind === 'passthru') return { nameless: result.nameless };
    return {
      answer: problem(400, result.problem, 'there is no CallSid, or it is longer than 256 characters'),
    };
  }

  /** A Passthru that names no call: it belongs to the call of its stream, or is kept under an id of its own. */
  async #place(tenant: string, nameless: NamelessReport): Promise<Taken> {
    const { streamSid } = nameless;
    const found = streamSid === undefined ? undefined : await this.#options.streams.find(tenant, streamSid);
    if (found !== undefined) return this.#store(tenant, 'passthru', { ...nameless, callSid: found });
    this.#options.onUnplaced();
    const unplaced = unplacedCallSid(nameless);
    if (unplaced === undefined) return { fate: 'unplaced', answer: taken('unplaced') };
    const stored = await this.#store(tenant, 'passthru', { ...nameless, callSid: unplaced });
    return stored.answer.status === 200 ? { fate: 'unplaced', answer: taken('unplaced') } : stored;
  }

  async #store(tenant: string, kind: CallbackKind, report: CarrierReport, message?: Buffer): Promise<Taken> {
    const { store, now } = this.#options;
    const call = { tenant, callSid: report.callSid };
    const origin = {
      call,
      source: READERS[kind].source,
      receivedAtMs: now(),
      // A passthru repeats the stream's URL, and with it what credentials we have put there.
      ...(kind === 'status' && message !== undefined && { message }),
    };
    const events = toCarrierEvents(report, origin).map((event) => toNewEvent(event, { rememberId: true }));
    const stored = await store({ call, events, mode: 'unordered' }, AbortSignal.timeout(STORE_DEADLINE_MS));
    if (stored.where === 'unknown') return { fate: 'unavailable', answer: unavailable() };
    const results = stored.where === 'log' ? stored.results : [];
    if (results.some(({ status }) => status === 'refused')) {
      return refused(
        problem(422, 'call_full', 'the call has as many events, or bytes, as one call may have'),
      );
    }
    const isRepeat = results.length > 0 && results.every(({ status }) => status === 'duplicate');
    const fate = isRepeat ? 'duplicate' : 'recorded';
    return { fate, answer: taken(fate) };
  }
}

function taken(status: CallbackAnswer['status']): Answer {
  return { status: 200, body: { status } satisfies CallbackAnswer };
}

/**
 * In its synchronous mode a caller waits in the Passthru applet for a 200, and anything else may end the call: what a repeat
 * can't cure is answered 200 as well, with what was wrong.
 */
function sparingTheCaller({ fate, answer }: Taken): Taken {
  if (fate !== 'refused') return { fate, answer };
  const body = { ...(answer.body as object), status: 'refused' } satisfies CallbackAnswer;
  return { fate, answer: { ...answer, status: 200, body } };
}

function refused(answer: Answer): Taken {
  return { fate: 'refused', answer };
}

function unavailable(): Answer {
  return problem(503, 'unavailable', 'the callback can not be stored right now; send it again', RETRY_AFTER);
}
