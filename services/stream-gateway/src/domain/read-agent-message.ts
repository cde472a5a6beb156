import { toStorable, type EventData, type JsonValue } from '@turnlog/call-events';
import { type RedactionMode } from '@turnlog/redaction';
import { type z } from 'zod';
import { type AgentErrorCode, type AgentMessageError } from './agent-answer.ts';
import { AGENT_EVENTS, agentMessage, isAgentEvent, type AgentMessage } from './agent-message.ts';
import { type EventDraft } from './event-draft.ts';
import { redactDraft } from './redact-draft.ts';

/** A message that became an event, or the reason why not; `id` is the agent's own, where it gave one. */
export type ReadAgentMessage =
  | { readonly ok: true; readonly id: string | undefined; readonly event: string; readonly draft: EventDraft }
  | { readonly ok: false; readonly id: string | undefined; readonly error: AgentMessageError };

/** What reading a message takes beside it. */
export interface ReadingOptions {
  readonly nowMs: number;
  /** Gives it as it came, for when its text can't be stored as it is. */
  readonly rawBase64: () => string;
  /** What becomes of personal data in it, by the policy of its tenant. */
  readonly redaction: RedactionMode;
}

/** Reads a message of an agent. From here on nobody sees the personal data that its tenant does not want to be stored. */
export function readAgentMessage(
  json: unknown,
  { nowMs, rawBase64, redaction }: ReadingOptions,
): ReadAgentMessage {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refused(
      undefined,
      'not_an_object',
      'a message is a JSON object such as {"event":"stage","stage":"discovery"}',
    );
  }
  const id = idOf(json);
  const event = 'event' in json ? json.event : undefined;
  if (typeof event !== 'string' || !isAgentEvent(event)) {
    return refused(id, 'unknown_event', `event: expected one of ${AGENT_EVENTS.join(', ')}`);
  }
  const storable = toStorable({ ...(json as Record<string, JsonValue>), event: event.toLowerCase() });
  if (storable === undefined) {
    return refused(id, 'too_deep', 'the message is nested deeper than 64 levels; flatten it');
  }
  const parsed = agentMessage.safeParse(storable.value);
  if (!parsed.success) return refused(id, 'invalid_message', describe(parsed.error));
  const draft = toDraft(parsed.data, nowMs);
  const kept = storable.changedStrings === 0 ? draft : { ...draft, original: rawBase64() };
  return {
    ok: true,
    id: parsed.data.id,
    event: parsed.data.event,
    draft: redactDraft(kept, redaction),
  };
}

/** The id of an agent's message as the id of its event, so that a repeat of the message is a duplicate event. */
export function eventIdOf(event: string, agentId: string): string {
  return `${event}:${agentId}`;
}

function toDraft(message: AgentMessage, nowMs: number): EventDraft {
  const atMs = message.timestamp ?? nowMs;
  switch (message.event) {
    case 'turn':
      return { type: 'turn.completed', data: turnData(message.turn), atMs: turnAtMs(message, nowMs) };
    case 'collect':
      return { type: 'data.collected', data: { fields: message.data }, atMs };
    case 'stage':
      return { type: 'stage.changed', data: { stage: message.stage }, atMs };
    case 'objection':
      return {
        type: 'objection.raised',
        data: present({ text: message.text, category: message.category }),
        atMs,
      };
    case 'outcome':
      return {
        type: 'outcome.decided',
        data: present({ outcome: message.outcome, reason: message.reason }),
        atMs,
      };
    case 'tool':
      return { type: 'tool.called', data: toolData(message), atMs };
    case 'consent':
      return { type: 'consent.recorded', data: consentData(message), atMs };
    case 'speaking':
      return {
        type: 'speaking.changed',
        data: present({ speaking: message.speaking, speaker: message.speaker }),
        atMs,
      };
  }
}

type TurnMessage = Extract<AgentMessage, { event: 'turn' }>;

function turnAtMs({ timestamp, turn }: TurnMessage, nowMs: number): number {
  return turn.timestamp ?? timestamp ?? nowMs;
}

function turnData(turn: TurnMessage['turn']): EventData<'turn.completed'> {
  return present({
    speaker: turn.speaker,
    text: turn.text,
    startedAt: iso(turn.startedAt ?? turn.started_at ?? turn.start),
    endedAt: iso(turn.endedAt ?? turn.ended_at ?? turn.end),
    interrupted: turn.interrupted,
    heardText: turn.heardText ?? turn.heard_text,
    confidence: turn.confidence,
    words: turn.words?.map((word) => present(word)),
    language: turn.language,
    marks: turn.marks,
  });
}

function toolData(tool: Extract<AgentMessage, { event: 'tool' }>): EventData<'tool.called'> {
  return present({
    name: tool.name,
    arguments: tool.arguments,
    result: tool.result,
    error: tool.error,
    durationMs: tool.durationMs ?? tool.duration_ms,
  });
}

function consentData(message: Extract<AgentMessage, { event: 'consent' }>): EventData<'consent.recorded'> {
  const { statement, given, purpose, statementVersion, statement_version } = message;
  return present({ statement, given, purpose, statementVersion: statementVersion ?? statement_version });
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the fields that have no value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

function idOf(json: object): string | undefined {
  const id = 'id' in json ? json.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 128) : undefined;
}

function refused(id: string | undefined, code: AgentErrorCode, message: string): ReadAgentMessage {
  return { ok: false, id, error: { code, message } };
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'message'}: ${describeIssue(issue)}`)
    .join('; ');
}

/** zod's own words are for programmers. */
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
