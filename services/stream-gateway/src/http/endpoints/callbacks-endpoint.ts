import { callSid } from '@turnlog/call-events';
import { toNewEvent } from '@turnlog/call-log';
import { type EventStore } from '@turnlog/delivery';
import {
  parseCallback,
  readPassthru,
  readStatusCallback,
  toCarrierEvents,
  type CallbackProblem,
  type CarrierReport,
  type CarrierSource,
  type NamelessReport,
} from '@turnlog/exotel';
import { type IncomingMessage } from 'node:http';
import { type CallbackAnswer } from '../../domain/callback-messages.ts';
import { unplacedCallSid } from '../../domain/unplaced-call.ts';
import { type GatewayMetrics } from '../../report/metrics.ts';
import { type Digest } from '../../report/digest.ts';
import { problem, unread, type Answer } from '../answers/answer.ts';

export type CallbackKind = 'status' | 'passthru';

/** The result of a callback, for its count. */
type CallbackFate =
  'recorded' | 'duplicate' | 'unplaced' | 'refused' | 'unavailable' | 'unknown_secret' | 'unknown_address';

export interface CallbacksOptions {
  /** Whether callbacks may come from the client of this request. */
  readonly isExpectedFrom: (request: IncomingMessage) => boolean;
  /** The tenant whose webhook secret this is. */
  readonly authenticate: (secret: string) => string | undefined;
  readonly store: EventStore;
  readonly findCall: (tenant: string, streamSid: string) => Promise<string | undefined>;
  /** The zone of times that name none. */
  readonly utcOffsetMinutes: number;
  readonly metrics: Pick<GatewayMetrics, 'callbacks'>;
  readonly unplaced: Digest<'unplaced'>;
}

export interface Callback {
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** The carrier waits 15 s for its 200, and sends the callback at most twice again. */
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

const INVALID_CALL_SID = 'CallSid: expected 1 to 128 characters, none of them control characters';

interface Taken {
  readonly fate: CallbackFate;
  readonly answer: Answer;
}

const UNKNOWN_WEBHOOK = unread(
  problem(
    404,
    'unknown_webhook',
    'no webhook has this address; its last part is a secret that "turnlog tenants" shows once',
  ),
);

/** `/webhooks/exotel/status/<secret>` and `/webhooks/exotel/passthru/<secret>`: Exotel's reports outside the stream. */
export class CallbacksEndpoint {
  readonly #options: CallbacksOptions;

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** The tenant of a webhook, or the refusal of its client. */
  admit(kind: CallbackKind, secret: string, request: IncomingMessage): string | Answer {
    const { authenticate, isExpectedFrom } = this.#options;
    const tenant = authenticate(secret);
    // Both receive the same answer, so that it does not confirm a guessed secret.
    if (tenant !== undefined && isExpectedFrom(request)) return tenant;
    const reason = tenant === undefined ? 'unknown_secret' : 'unknown_address';
    this.#count(kind, reason);
    return { ...UNKNOWN_WEBHOOK, reason };
  }

  /** Answers `recorded`, `duplicate` and `unplaced` only when the report is durable. No answer repeats a value that was sent. */
  async answer(kind: CallbackKind, tenant: string, callback: Callback): Promise<Answer> {
    return this.#answer(kind, await this.#take(kind, tenant, callback));
  }

  /** Answers a callback whose body is not read. */
  refuse(kind: CallbackKind, answer: Answer): Answer {
    return this.#answer(kind, refused(answer));
  }

  #answer(kind: CallbackKind, taken: Taken): Answer {
    this.#count(kind, taken.fate);
    return (kind === 'passthru' ? sparingTheCaller(taken) : taken).answer;
  }

  #count(kind: CallbackKind, fate: CallbackFate): void {
    this.#options.metrics.callbacks.inc({ kind, fate });
  }

  async #take(kind: CallbackKind, tenant: string, callback: Callback): Promise<Taken> {
    const parsed = await parseCallback(callback);
    if (!parsed.ok) return refused(problem(400, parsed.problem, PROBLEMS[parsed.problem]));
    const result = READERS[kind].read(parsed.fields, this.#options.utcOffsetMinutes);
    if (result.ok && callSid.safeParse(result.report.callSid).success) {
      // A passthru repeats the stream's URL, which may contain credentials: its text is not kept.
      const text = kind === 'status' ? callback.body : undefined;
      return this.#store(tenant, kind, result.report, text);
    }
    if (kind === 'passthru') return this.#place(tenant, result.ok ? result.report : result.nameless);
    return refused(
      result.ok
        ? problem(400, 'invalid_call_sid', INVALID_CALL_SID)
        : problem(400, result.problem, 'there is no CallSid, or it is longer than 256 characters'),
    );
  }

  /** A Passthru that does not name a call belongs to the call of its stream, or is kept under an id of its own. */
  async #place(tenant: string, nameless: NamelessReport): Promise<Taken> {
    const { streamSid } = nameless;
    const found = streamSid === undefined ? undefined : await this.#options.findCall(tenant, streamSid);
    if (found !== undefined) return this.#store(tenant, 'passthru', { ...nameless, callSid: found });
    this.#options.unplaced.count('unplaced');
    const unplaced = unplacedCallSid(nameless);
    if (unplaced === undefined) return { fate: 'unplaced', answer: taken('unplaced') };
    const stored = await this.#store(tenant, 'passthru', { ...nameless, callSid: unplaced });
    return stored.answer.status === 200 ? { fate: 'unplaced', answer: taken('unplaced') } : stored;
  }

  async #store(tenant: string, kind: CallbackKind, report: CarrierReport, message?: Buffer): Promise<Taken> {
    const call = { tenant, callSid: report.callSid };
    const { source } = READERS[kind];
    const origin = { call, source, receivedAtMs: Date.now(), ...(message && { message }) };
    const events = toCarrierEvents(report, origin).map((event) => toNewEvent(event, { rememberId: true }));
    const deadline = AbortSignal.timeout(STORE_DEADLINE_MS);
    const stored = await this.#options.store({ call, events, mode: 'unordered' }, deadline);
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
 * In its synchronous mode a caller waits in the Passthru applet for a 200, and another status may end the call: a refusal that
 * a repeat would not change is answered 200 as well, with its error.
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
