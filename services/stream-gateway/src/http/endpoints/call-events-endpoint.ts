import { type CallKey } from '@turnlog/call-events';
import { type NewEvent } from '@turnlog/call-log';
import { type RedactionMode } from '@turnlog/redaction';
import { refusalOf, type EventResult } from '../../domain/agent-answer.ts';
import { splitMessages, type MessageBytes } from '../../domain/split-messages.ts';
import { type ReportRates, type TooFast } from '../../limits/report-rates.ts';
import { type ReadReport } from '../../reading/read-reports.ts';
import { type ReportReader } from '../../reading/report-reader.ts';
import { problem, type Answer } from '../answers/answer.ts';
import { type EventStore, type Stored } from '@turnlog/delivery';

export interface CallEventsOptions {
  /** The source of these events: `http:<instance>`. */
  readonly source: string;
  readonly store: EventStore;
  readonly maxEventBytes: number;
  /** What is beyond them is answered 429. */
  readonly rates: ReportRates;
  readonly reader: Pick<ReportReader, 'read' | 'isOverloaded'>;
  /** What becomes of personal data in reports to a tenant. */
  readonly redactionOf: (tenant: string) => RedactionMode;
  /** Whether a tenant has brought as many bytes as it may. */
  readonly isTenantFull: (tenant: string) => boolean;
  readonly now: () => number;
  readonly newId: () => string;
  /** Messages could not be read, which is a fault of ours. */
  readonly onNotRead: (call: CallKey, error: unknown) => void;
  readonly onResult: (result: EventResult['status'] | 'conflict') => void;
}

/** What an agent has sent of a call. */
export interface ReportRequest {
  readonly call: CallKey;
  readonly body: Buffer;
  /** The client's address, as far as it can be trusted. */
  readonly address: string | undefined;
}

/** The largest request. */
export const MAX_REQUEST = { events: 1000, bytes: 8 * 1024 * 1024 };

/** What goes to Redis at once, and holds it up for so long. */
const APPEND = { maxEvents: 200, maxBytes: 1024 * 1024 };

/** How long a request waits for a Redis that is away. Whoever sent it knows better than we what to do then. */
const APPEND_DEADLINE_MS = 2_000;
const RETRY_AFTER = { 'retry-after': '2' };
const RETRY_MUCH_LATER = { 'retry-after': '60' };

/** A message that is an event now, and its place in the request. */
interface Accepted {
  readonly index: number;
  readonly id: string;
  readonly revision: number | undefined;
  readonly newEvent: NewEvent;
}

/** `POST /v1/calls/:callSid/events`: agents that have no socket report on their calls here. */
export class CallEventsEndpoint {
  readonly #options: CallEventsOptions;
  /** Settles the order of events that happened in the same millisecond. */
  #sourceSeq = 0;

  constructor(options: CallEventsOptions) {
    this.#options = options;
  }

  /** Answers a tenant's request. */
  async answer({ call, body, address }: ReportRequest): Promise<Answer> {
    const split = splitMessages(body, MAX_REQUEST.events);
    if (!split.ok) return split.problem === 'too_many' ? tooMany(split.count) : notJson();
    const { messages } = split;
    const { rates, reader, now } = this.#options;
    const amount = { call, address, events: messages.length, bytes: body.length };
    const tooFast = rates.takeRequest(amount, now());
    if (tooFast !== undefined) return tooManyAtOnce(tooFast);
    if (reader.isOverloaded) return notRead('too many messages wait to be read');
    const reads = await this.#read(call, messages);
    if (reads === undefined) return notRead('the messages could not be read right now');
    const results = await this.#take(call, reads);
    const [only] = results;
    const isNotJson = only?.status === 'rejected' && only.error.code === 'not_json';
    return isNotJson && !split.isArray ? notJson() : answerOf(results);
  }

  async #take(call: CallKey, reads: readonly ReadReport[]): Promise<EventResult[]> {
    const results: (EventResult | undefined)[] = [];
    const accepted: Accepted[] = [];
    reads.forEach((read, index) => {
      const id = read.id ?? this.#options.newId();
      const { revision } = read;
      if (read.ok) accepted.push({ index, id, revision, newEvent: read.newEvent });
      else results[index] = { id, revision, status: 'rejected', error: read.error };
    });
    for (const [index, result] of await this.#append(call, accepted)) results[index] = result;
    const complete = results.filter((result) => result !== undefined);
    for (const result of complete) {
      const isConflict = result.status === 'rejected' && result.error.code === 'conflict';
      this.#options.onResult(isConflict ? 'conflict' : result.status);
    }
    return complete;
  }

  /** Undefined where what reads them failed, which says nothing of the messages. */
  async #read(call: CallKey, messages: readonly MessageBytes[]): Promise<readonly ReadReport[] | undefined> {
    const { source, now, newId, maxEventBytes, redactionOf, reader, onNotRead } = this.#options;
    const reports = messages.map(({ bytes, depth }) => {
      this.#sourceSeq += 1;
      return { bytes, depth, fallbackId: newId(), sourceSeq: this.#sourceSeq };
    });
    const redaction = redactionOf(call.tenant);
    try {
      return await reader.read({ call, source, nowMs: now(), redaction, maxEventBytes, reports });
    } catch (error) {
      onNotRead(call, error);
      return undefined;
    }
  }

  /** Appends in the order of the request. Once Redis didn't answer, nothing after it is tried: order comes first. */
  async #append(call: CallKey, accepted: readonly Accepted[]): Promise<[number, EventResult][]> {
    const results: [number, EventResult][] = [];
    const deadline = AbortSignal.timeout(APPEND_DEADLINE_MS);
    for (const batch of batchesOf(accepted)) {
      const events = batch.map(({ newEvent }) => newEvent);
      const isTenantFull = this.#options.isTenantFull(call.tenant);
      const request = { call, events, mode: 'unordered', isTenantFull } as const;
      const stored = await this.#options.store(request, deadline);
      batch.forEach((accepted, position) =>
        results.push([accepted.index, resultOf(accepted, stored, position)]),
      );
    }
    return results;
  }
}

function resultOf({ id, revision }: Accepted, stored: Stored, position: number): EventResult {
  if (stored.where === 'spool') return { id, revision, status: 'appended', seq: undefined, durable: 'spool' };
  const result = stored.where === 'log' ? stored.results[position] : undefined;
  if (result === undefined) {
    const message = 'it is not certain that the event is stored; send it again with the same id';
    return { id, revision, status: 'rejected', error: { code: 'unavailable', message } };
  }
  if (result.status === 'refused') {
    return { id, revision, status: 'rejected', error: refusalOf(result.reason) };
  }
  return { id, revision, status: result.status, seq: result.seq };
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

/** In order, none of more events or bytes than Redis is given at once. */
function batchesOf(accepted: readonly Accepted[]): Accepted[][] {
  const batches: Accepted[][] = [];
  let bytes = 0;
  for (const each of accepted) {
    bytes += each.newEvent.bytes;
    const last = batches.at(-1);
    if (last === undefined || last.length === APPEND.maxEvents || bytes > APPEND.maxBytes) {
      batches.push([each]);
      bytes = each.newEvent.bytes;
    } else last.push(each);
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
