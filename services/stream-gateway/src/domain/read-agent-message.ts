import {
  canonicalJson,
  countFields,
  ExactNumber,
  MAX_JSON_DEPTH,
  MAX_NUMBER_DIGITS,
  parseJson,
  toStorable,
  type JsonValue,
  type EventDraft,
} from '@turnlog/call-events';
import { type RedactionMode } from '@turnlog/redaction';
import { type z } from 'zod';
import { type AgentErrorCode, type AgentMessageError } from './agent-answer.ts';
import { AGENT_EVENTS, agentMessage, isAgentEvent, type AgentMessage } from './agent-message.ts';
import { draftOfMessage, saidAtMs } from './draft-of-message.ts';
import { plainNumbers } from './plain-numbers.ts';
import { redactDraft } from './redact-draft.ts';

/** Identifies an agent's message: `id` is the agent's own, if it gave one. */
export interface MessageName {
  readonly id: string | undefined;
  readonly revision?: number | undefined;
}

/** A message that became an event, or the reason why not. */
export type ReadAgentMessage =
  | (MessageName & {
      readonly ok: true;
      readonly event: string;
      readonly draft: EventDraft;
      /** All of its content as one text: a message with the same id and another content is another message. */
      readonly content: string;
    })
  | (MessageName & { readonly ok: false; readonly error: AgentMessageError });

/** What reading a message takes beside it. */
export interface ReadingOptions {
  readonly nowMs: number;
  /** Returns it as it was received, for a text that can't be stored as it is. */
  readonly rawBase64: () => string;
  /** How personal data in it is redacted, by the policy of its tenant. */
  readonly redaction: RedactionMode;
}

/** Reads a message of an agent from its text. */
export function readAgentText(text: string, options: ReadingOptions): ReadAgentMessage {
  try {
    return readMessage(parseJson(text), options, countFields(text));
  } catch (error) {
    if (error instanceof RangeError) return refused({ id: undefined }, 'too_deep', TOO_DEEP);
    if (!(error instanceof SyntaxError)) throw error;
    return refused(
      { id: undefined },
      'not_json',
      'the message is not JSON; NaN, Infinity and undefined are none either',
    );
  }
}

/** Reads a message of an agent, and removes the personal data that its tenant does not store. */
export function readAgentMessage(json: unknown, options: ReadingOptions): ReadAgentMessage {
  return readMessage(json, options);
}

const TOO_DEEP = `the message is nested deeper than ${MAX_JSON_DEPTH} levels; flatten it`;

function readMessage(json: unknown, options: ReadingOptions, fieldsInText?: number): ReadAgentMessage {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof ExactNumber) {
    return refused(
      { id: undefined },
      'not_an_object',
      'a message is a JSON object such as {"event":"stage","stage":"discovery"}',
    );
  }
  const name = nameOf(json);
  const event = 'event' in json ? json.event : undefined;
  if (typeof event !== 'string' || !isAgentEvent(event)) {
    return refused(name, 'unknown_event', `event: expected one of ${AGENT_EVENTS.join(', ')}`);
  }
  const storable = toStorable({ ...(json as Record<string, JsonValue>), event: event.toLowerCase() });
  if (storable === undefined) return refused(name, 'too_deep', TOO_DEEP);
  if (storable.hasTooLongNumber) return refused(name, 'invalid_message', TOO_LONG_NUMBER);
  if (fieldsInText !== undefined && fieldsInText > storable.fields) {
    return refused(name, 'invalid_message', TWICE);
  }
  const plain = plainNumbers(storable.value as Record<string, JsonValue>);
  if (!plain.ok) return refused(name, 'invalid_message', plain.problem);
  const parsed = agentMessage.safeParse(plain.message);
  if (!parsed.success) return refused(name, 'invalid_message', describe(parsed.error));
  const message = parsed.data;
  if (revisionOf(message) !== undefined && message.id === undefined) {
    return refused(
      name,
      'invalid_message',
      'revision: needs an id, to say of which message it is a revision',
    );
  }
  const isChanged = storable.changedStrings > 0;
  return taken(message, plain.message, isChanged, options);
}

const TOO_LONG_NUMBER = `a number has more than ${MAX_NUMBER_DIGITS} digits when it is written out; send it as text`;
const TWICE =
  'an object has a field of one name twice, and only the last of both could be kept; send each once';

function taken(
  message: AgentMessage,
  given: Readonly<Record<string, JsonValue>>,
  isChanged: boolean,
  { nowMs, rawBase64, redaction }: ReadingOptions,
): ReadAgentMessage {
  const whole = draftOfMessage(message, given, nowMs);
  const kept = isChanged ? { ...whole, original: rawBase64() } : whole;
  const draft = redactDraft(kept, redaction);
  const saidAt = saidAtMs(message);
  const revision = revisionOf(message);
  return {
    ok: true,
    id: message.id,
    revision,
    event: message.event,
    draft: {
      ...draft,
      ...(revision !== undefined && { revision }),
      ...(revision !== undefined && saidAt !== undefined && { isTimed: true }),
    },
    content: canonicalJson([draft.type, draft.data, saidAt ?? null]),
  };
}

function revisionOf(message: AgentMessage): number | undefined {
  return 'revision' in message ? message.revision : undefined;
}

/** The id of an agent's message as the id of its event, so that a repeat of the message is a duplicate event. */
export function eventIdOf(event: string, agentId: string): string {
  return `${event}:${agentId}`;
}

function nameOf(json: object): MessageName {
  const id = 'id' in json ? json.id : undefined;
  const isGiven = typeof id === 'string' || typeof id === 'number' || id instanceof ExactNumber;
  const revision = 'revision' in json ? json.revision : undefined;
  return {
    id: isGiven ? String(id).slice(0, 128) : undefined,
    revision: Number.isSafeInteger(revision) ? (revision as number) : undefined,
  };
}

function refused(name: MessageName, code: AgentErrorCode, message: string): ReadAgentMessage {
  return { ok: false, ...name, error: { code, message } };
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'message'}: ${describeIssue(issue)}`)
    .join('; ');
}

/** The messages of zod are for programmers. */
function describeIssue(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid input|Too small)/.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small') return 'expected more than nothing';
  return issue.message;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  record: 'an object such as {"budget":5000000}',
  object: 'an object',
  array: 'an array',
  boolean: 'true or false',
  number: 'a number',
};
