import { MAX_JSON_DEPTH, type CallKey } from '@turnlog/call-events';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { type RedactionMode } from '@turnlog/redaction';
import { isUtf8 } from 'node:buffer';
import { type IncomingMessage } from 'node:http';
import { placeEvent } from '../domain/event-draft.ts';
import { refusalOf, type AgentMessageError, type EventResult } from '../domain/agent-answer.ts';
import { agentCallSid } from '../domain/agent-call-sid.ts';
import { readAgentText, type ReadAgentMessage } from '../domain/read-agent-message.ts';
import { splitMessages, type MessageBytes } from '../domain/split-messages.ts';
import { namedDraft } from '../named-draft.ts';
import { problem, type Answer } from './answer.ts';
import { CallRates } from './call-rates.ts';
import { type EventStore, type Stored } from './event-store.ts';
import { readBody } from './read-body.ts';

export interface CallEventsOptions {
  /** The source of these events: `http:<instance>`. */
  readonly source: string;
  readonly store: EventStore;
  readonly maxEventBytes: number;
  /** Of one call; what is beyond it is answered 429. */
  readonly maxEventsPerSecond: number;
  /** What becomes of personal data in reports to a tenant. */
  readonly redactionOf: (tenant: string) => RedactionMode;
  /** Whether a tenant has brought as many bytes as it may. */
  readonly isTenantFull: (tenant: string) => boolean;
  readonly now: () => number;
  readonly newId: () => string;
  readonly onResult: (result: EventResult['status'] | 'conflict') => void;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_MESSAGES = 1000;
const EVENTS_PER_APPEND = 200;

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
  readonly #rates: CallRates;
  /** Settles the order of events that happened in the same millisecond. */
  #sourceSeq = 0;

  constructor(options: CallEventsOptions) {
    this.#options = options;
    this.#rates = new CallRates({ eventsPerSecond: options.maxEventsPerSecond, burst: MAX_MESSAGES });
  }

  /** Answers a tenant's request for the call whose id stands in the path, still encoded. */
  async answer(request: IncomingMessage, encodedCallSid: string, tenant: string): Promise<Answer> {
    if (request.method !== 'POST') return problem(405, 'method_not_allowed', 'use POST', { allow: 'POST' });
    const sid = agentCallSid(decode(encodedCallSid));
    if (!sid.ok)
      return problem(400, 'invalid_call_sid', `the call sid in the path is not valid: ${sid.reason}`);
    const body = await readBody(request, MAX_BODY_BYTES, 'send the events in several requests');
    if (!body.ok) return body.answer;
    const split = splitMessages(body.bytes, MAX_MESSAGES);
    if (!split.ok) return split.problem === 'too_many' ? tooMany(split.count) : notJson();
    const { messages } = split;
    const call: CallKey = { tenant, callSid: sid.callSid };
    const waitMs = this.#rates.take(call, messages.length, this.#options.now());
    if (waitMs > 0) return tooManyAtOnce(waitMs, this.#options.maxEventsPerSecond);
    const results = await this.#take(call, messages);
    const [only] = results;
    const isNotJson = only?.status === 'rejected' && only.error.code === 'not_json';
    return isNotJson && !split.isArray ? notJson() : answerOf(results);
  }

  async #take(call: CallKey, messages: readonly MessageBytes[]): Promise<EventResult[]> {
    const results: (EventResult | undefined)[] = [];
    const accepted: Accepted[] = [];
    messages.forEach((message, index) => {
      const read = this.#read(call, message, index);
      if ('newEvent' in read) accepted.push(read);
      else results[index] = read;
    });
    for (const [index, result] of await this.#append(call, accepted)) results[index] = result;
    const complete = results.filter((result) => result !== undefined);
    for (const result of complete) {
      const isConflict = result.status === 'rejected' && result.error.code === 'conflict';
      this.#options.onResult(isConflict ? 'conflict' : result.status);
    }
    return complete;
  }

  #read(call: CallKey, message: MessageBytes, index: number): Accepted | EventResult {
    const { source, newId } = this.#options;
    const read = this.#readBytes(call, message);
    const id = read.id ?? newId();
    const { revision } = read;
    if (!read.ok) return { id, revision, status: 'rejected', error: read.error };
    this.#sourceSeq += 1;
    const event = placeEvent(namedDraft(read, id), { call, source, sourceSeq: this.#sourceSeq });
    return { index, id, revision, newEvent: toNewEvent(event, { rememberId: true }) };
  }

  /** What it would cost to read it is known before. */
  #readBytes({ tenant }: CallKey, { bytes, depth }: MessageBytes): ReadAgentMessage {
    const { now, maxEventBytes, redactionOf } = this.#options;
    if (bytes.length > maxEventBytes) {
      return refused('too_large', `the message is larger than ${maxEventBytes} bytes; split it`);
    }
    if (depth > MAX_JSON_DEPTH) {
      return refused('too_deep', `the message is nested deeper than ${MAX_JSON_DEPTH} levels; flatten it`);
    }
    if (!isUtf8(bytes)) return refused('not_json', 'the message is not UTF-8');
    return readAgentText(bytes.toString(), {
      nowMs: now(),
      rawBase64: () => bytes.toString('base64'),
      redaction: redactionOf(tenant),
    });
  }

  /** Appends in the order of the request. Once Redis didn't answer, nothing after it is tried: order comes first. */
  async #append(call: CallKey, accepted: readonly Accepted[]): Promise<[number, EventResult][]> {
    const results: [number, EventResult][] = [];
    const deadline = AbortSignal.timeout(APPEND_DEADLINE_MS);
    for (let start = 0; start < accepted.length; start += EVENTS_PER_APPEND) {
      const batch = accepted.slice(start, start + EVENTS_PER_APPEND);
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

function tooManyAtOnce(waitMs: number, maxEventsPerSecond: number): Answer {
  const text = `a call may report ${maxEventsPerSecond} events a second; send these again later`;
  return problem(429, 'too_fast', text, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
}

function tooMany(count: number): Answer {
  const text = `${count} messages, ${MAX_MESSAGES} are allowed; send them in several requests`;
  return problem(413, 'too_many', text);
}

function notJson(): Answer {
  return problem(400, 'not_json', 'the body is not JSON in UTF-8; send one message, or an array of messages');
}

function refused(code: AgentMessageError['code'], message: string): ReadAgentMessage {
  return { ok: false, id: undefined, error: { code, message } };
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
