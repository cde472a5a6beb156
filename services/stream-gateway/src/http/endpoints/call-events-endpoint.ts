import { type CallKey } from '@turnlog/call-events';
import { type AppendResult, type NewEvent } from '@turnlog/call-log';
import { type EventStore } from '@turnlog/delivery';
import { type Logger } from '@turnlog/service-kit';
import { nanoid } from 'nanoid';
import { refusalOf, type EventResult } from '../../domain/agent-answer.ts';
import { splitMessages, type MessageBytes } from '../../domain/split-messages.ts';
import { type TooFast } from '../../domain/report-rates.ts';
import { type ReadReport } from '../../reading/read-reports.ts';
import { type ReportIntake } from '../../reading/report-intake.ts';
import { type GatewayMetrics } from '../../report/metrics.ts';
import { problem, type Answer } from '../answers/answer.ts';

export interface CallEventsOptions {
  /** The source of these events: `http:<instance>`. */
  readonly source: string;
  readonly store: EventStore;
  readonly intake: ReportIntake;
  readonly metrics: Pick<GatewayMetrics, 'events'>;
  readonly logger: Logger;
}

/** An agent's request with reports of a call. */
export interface ReportRequest {
  readonly call: CallKey;
  readonly body: Buffer;
  /** The client's address, as far as it can be trusted. */
  readonly address: string | undefined;
}

/** The largest request. */
export const MAX_REQUEST = { events: 1000, bytes: 8 * 1024 * 1024 };

/** The most that goes to Redis at once, because Redis serves nothing else meanwhile. */
const APPEND = { maxEvents: 200, maxBytes: 1024 * 1024 };

/** How long a request waits for an unavailable Redis. The sender decides what to do then. */
const APPEND_DEADLINE_MS = 2_000;
const RETRY_AFTER = { 'retry-after': '2' };
const RETRY_MUCH_LATER = { 'retry-after': '60' };

/** `POST /v1/calls/:callSid/events`: agents that have no socket report on their calls here. */
export class CallEventsEndpoint {
  readonly #options: CallEventsOptions;
  /** Orders events of the same millisecond. */
  #sourceSeq = 0;

  constructor(options: CallEventsOptions) {
    this.#options = options;
  }

  /** Answers a tenant's request. */
  async answer({ call, body, address }: ReportRequest): Promise<Answer> {
    const split = splitMessages(body, MAX_REQUEST.events);
    if (!split.ok) return split.problem === 'too_many' ? tooMany(split.count) : notJson();
    const { messages } = split;
    const { rates, reader } = this.#options.intake;
    const amount = { call, address, events: messages.length, bytes: body.length };
    const tooFast = rates.takeRequest(amount, Date.now());
    if (tooFast !== undefined) return tooManyAtOnce(tooFast);
    if (reader.isOverloaded) return notRead('too many messages wait to be read');
    const reads = await this.#read(call, messages);
    if (reads === undefined) return notRead('the messages could not be read right now');
    const results = await this.#store(call, reads);
    const [only] = results;
    const isNotJson = only?.status === 'rejected' && only.error.code === 'not_json';
    return isNotJson && !split.isArray ? notJson() : answerOf(results);
  }

  /** Undefined if the reader failed; the messages are not the cause. */
  async #read(call: CallKey, messages: readonly MessageBytes[]): Promise<readonly ReadReport[] | undefined> {
    const { source, intake, logger } = this.#options;
    const { maxEventBytes, redactionOf, reader } = intake;
    const reports = messages.map(({ bytes, depth }) => {
      this.#sourceSeq += 1;
      return { bytes, depth, fallbackId: nanoid(), sourceSeq: this.#sourceSeq };
    });
    const redaction = redactionOf(call.tenant);
    try {
      return await reader.read({ call, source, nowMs: Date.now(), redaction, maxEventBytes, reports });
    } catch (err) {
      logger.error(
        { event: 'request_not_read', err, call_sid: call.callSid },
        'the messages of a request could not be read',
      );
      return undefined;
    }
  }

  async #store(call: CallKey, reads: readonly ReadReport[]): Promise<EventResult[]> {
    const outcomes = await this.#append(
      call,
      reads.flatMap((read) => (read.ok ? [read.newEvent] : [])),
    );
    const results = reads.map((read) => resultOf(read, outcomes));
    for (const result of results) {
      const isConflict = result.status === 'rejected' && result.error.code === 'conflict';
      this.#options.metrics.events.inc({ via: 'http', result: isConflict ? 'conflict' : result.status });
    }
    return results;
  }

  /** Appends in the order of the request. All batches share a deadline, so none is tried after one that Redis did not answer. */
  async #append(call: CallKey, events: readonly NewEvent[]): Promise<Outcomes> {
    const { store, intake } = this.#options;
    const outcomes: Outcomes = new Map();
    const deadline = AbortSignal.timeout(APPEND_DEADLINE_MS);
    for (const batch of batchesOf(events)) {
      const isTenantFull = intake.isTenantFull(call.tenant);
      const stored = await store({ call, events: batch, mode: 'unordered', isTenantFull }, deadline);
      batch.forEach((event, index) =>
        outcomes.set(event, stored.where === 'log' ? stored.results[index] : stored.where),
      );
    }
    return outcomes;
  }
}

/** The answer of the log for each event, or the other place where the event is. */
type Outcomes = Map<NewEvent, AppendResult | 'spool' | 'unknown' | undefined>;

function resultOf(read: ReadReport, outcomes: Outcomes): EventResult {
  const { id = nanoid(), revision } = read;
  if (!read.ok) return { id, revision, status: 'rejected', error: read.error };
  const outcome = outcomes.get(read.newEvent);
  if (outcome === 'spool') return { id, revision, status: 'appended', durable: 'spool' };
  if (outcome === undefined || outcome === 'unknown') {
    const message = 'it is not certain that the event is stored; send it again with the same id';
    return { id, revision, status: 'rejected', error: { code: 'unavailable', message } };
  }
  if (outcome.status === 'refused')
    return { id, revision, status: 'rejected', error: refusalOf(outcome.reason) };
  return { id, revision, status: outcome.status, seq: outcome.seq };
}

/**
 * 202 means that all of it is durable, 207 that part of it is. When nothing is: 503 with Redis as the reason, 429 with the
 * tenant, and 422 with the messages.
 */
function answerOf(results: readonly EventResult[]): Answer {
  const refused = results.filter((result) => result.status === 'rejected');
  if (refused.length === 0) return { status: 202, body: { results } };
  if (refused.length < results.length) return { status: 207, body: { results } };
  const isUnavailable = refused.some(({ error }) => error.code === 'unavailable');
  const isTenantFull = refused.some(({ error }) => error.code === 'tenant_full');
  if (isTenantFull && !isUnavailable) return { status: 429, body: { results }, headers: RETRY_MUCH_LATER };
  if (!isUnavailable) return { status: 422, body: { results } };
  const error = { code: 'unavailable', message: 'events can not be stored right now; send them again' };
  return { status: 503, body: { error, results }, headers: RETRY_AFTER };
}

function tooManyAtOnce({ waitMs, limit }: TooFast): Answer {
  const text = `${limit}; send these again later`;
  return problem(429, 'too_fast', text, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
}

function notRead(reason: string): Answer {
  return problem(503, 'unavailable', `${reason}; send them again`, RETRY_AFTER);
}

/** In order, each within the limits of {@link APPEND}. */
function batchesOf(events: readonly NewEvent[]): NewEvent[][] {
  const batches: NewEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += event.bytes;
    const last = batches.at(-1);
    if (last === undefined || last.length === APPEND.maxEvents || bytes > APPEND.maxBytes) {
      batches.push([event]);
      bytes = event.bytes;
    } else last.push(event);
  }
  return batches;
}

function tooMany(count: number): Answer {
  const text = `${count} messages, ${MAX_REQUEST.events} are allowed; send them in several requests`;
  return problem(413, 'too_many', text);
}

function notJson(): Answer {
  return problem(400, 'not_json', 'the body is not JSON in UTF-8; send one message, or an array of messages');
}
