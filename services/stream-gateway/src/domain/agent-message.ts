import { jsonObject, jsonValue } from '@turnlog/call-events';
import { z } from 'zod';
import { agentMoment } from './agent-moment.ts';
import { agentSpeaker } from './agent-speaker.ts';

/*
 * The messages by which an agent reports on a call, the same on its socket and over HTTP: the one description of them,
 * from which the OpenAPI document is made. Optional fields may be missing or null; fields that are not named here are kept
 * beside those that are.
 */

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

// JSON Schema counts characters, JavaScript counts halves of some of them: without those both count the same.
const SHORT_TEXT = /^[^\u{10000}-\u{10FFFF}]{1,128}$/u;
const shortText = z.string().regex(SHORT_TEXT, 'expected text of 1 to 128 characters, without emoji');

// However many digits it has: `z.int` rejects numbers beyond 2^53.
const wholeNumber = z.number().refine(Number.isInteger).meta({ type: 'integer' });

const common = {
  id: optional(
    z.union([shortText, wholeNumber.transform(String)], {
      error: 'expected text of 1 to 128 characters, without emoji, or a whole number',
    }),
  ).meta({ description: 'Makes a repeat of the message a duplicate' }),
  timestamp: optional(agentMoment).meta({
    description: 'When it happened; by default the time of its arrival',
  }),
  metadata: optional(jsonValue).meta({ description: 'Anything to be kept with the message' }),
};

/** For messages that may be corrected: all but those about who is speaking now. */
const revisable = {
  ...common,
  revision: optional(
    z.int('expected a whole number from 1 on').min(1, 'expected a whole number from 1 on'),
  ).meta({
    description:
      'A later version of the message of the same id: the highest counts, and all of them are kept. Needs an id',
  }),
};

const word = z.object({
  text: z.string(),
  startMs: optional(z.number()),
  endMs: optional(z.number()),
  confidence: optional(z.number()),
});

const spokenMark = z.object({
  name: shortText.meta({ description: 'The name in the mark frame that followed its audio' }),
  text: z.string().meta({ description: 'What was said between the mark before it and this one' }),
});

const turn = z.object({
  speaker: agentSpeaker,
  text: z.string(),
  timestamp: optional(agentMoment),
  startedAt: optional(agentMoment),
  started_at: optional(agentMoment),
  start: optional(agentMoment),
  endedAt: optional(agentMoment),
  ended_at: optional(agentMoment),
  end: optional(agentMoment),
  interrupted: optional(z.boolean()),
  heardText: optional(z.string()),
  heard_text: optional(z.string()),
  confidence: optional(z.number()),
  words: optional(z.array(word)),
  language: optional(z.string()),
  marks: optional(z.array(spokenMark)),
  metadata: optional(jsonValue),
});

const label = z.string().min(1);

/** The schema of each message, by its `event`. */
export const agentMessages = {
  turn: z.object({ event: z.literal('turn'), ...revisable, turn }),
  collect: z.object({ event: z.literal('collect'), ...revisable, data: jsonObject }),
  stage: z.object({ event: z.literal('stage'), ...revisable, stage: label }),
  objection: z.object({
    event: z.literal('objection'),
    ...revisable,
    text: label,
    category: optional(z.string()),
  }),
  outcome: z.object({
    event: z.literal('outcome'),
    ...revisable,
    outcome: label,
    reason: optional(z.string()),
  }),
  tool: z.object({
    event: z.literal('tool'),
    ...revisable,
    name: label,
    arguments: jsonValue.optional(),
    result: jsonValue.optional(),
    error: optional(z.string()),
    durationMs: optional(z.number()),
    duration_ms: optional(z.number()),
  }),
  consent: z.object({
    event: z.literal('consent'),
    ...revisable,
    statement: label.meta({ description: 'The statement to the caller, or the question' }),
    given: z.boolean(),
    purpose: optional(z.string()),
    statementVersion: optional(z.string()),
    statement_version: optional(z.string()),
  }),
  speaking: z.object({
    event: z.literal('speaking'),
    ...common,
    speaking: z.boolean(),
    speaker: optional(agentSpeaker),
  }),
  /** Strict, and so no larger than a few fields: an end is stored even while Redis is short of memory. */
  ended: z.strictObject({ event: z.literal('ended'), id: common.id, timestamp: common.timestamp }).meta({
    description: 'The call is over. For calls over HTTP alone: the end of a stream ends its call',
  }),
};

/** The `event` of the messages that are Turnlog's own. Everything else an agent sends is meant for the carrier. */
export const AGENT_EVENTS = Object.keys(agentMessages);

/** Any message of an agent. */
export const agentMessage = z.discriminatedUnion('event', [
  agentMessages.turn,
  agentMessages.collect,
  agentMessages.stage,
  agentMessages.objection,
  agentMessages.outcome,
  agentMessages.tool,
  agentMessages.speaking,
  agentMessages.consent,
  agentMessages.ended,
]);

/** The fields that a message of each kind, a turn, and the pieces of one may have. */
export const KNOWN_FIELDS = {
  message: (event: AgentMessage['event']): object => agentMessages[event].shape,
  turn: turn.shape,
  word: word.shape,
  mark: spokenMark.shape,
};

/** A message of an agent, checked: synonyms resolved, times in Unix ms. */
export type AgentMessage = z.infer<typeof agentMessage>;

/** Whether an event's name, in any case, is one of Turnlog's own. */
export function isAgentEvent(event: string): boolean {
  const name = event.toLowerCase();
  return AGENT_EVENTS.some((own) => own === name);
}
