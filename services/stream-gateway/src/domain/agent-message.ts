import { jsonObject, jsonValue } from '@turnlog/call-events';
import { z } from 'zod';
import { agentMoment } from './agent-moment.ts';
import { agentSpeaker } from './agent-speaker.ts';

/*
 * The messages by which an agent reports on a call, the same on its socket and over HTTP: the one description of them,
 * from which the OpenAPI document is made. Optional fields may be missing or null, fields that are not named here are
 * ignored.
 */

/** The `event` of the messages that are Turnlog's own. Everything else an agent sends is meant for the carrier. */
export const AGENT_EVENTS = [
  ...(['turn', 'collect', 'stage', 'objection', 'outcome', 'tool', 'speaking', 'consent'] as const),
] as const;

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

// JSON Schema counts characters, JavaScript counts halves of some of them: without those both count the same.
const SHORT_TEXT = /^[^\u{10000}-\u{10FFFF}]{1,128}$/u;
const shortText = z.string().regex(SHORT_TEXT, 'expected text of 1 to 128 characters, without emoji');

const common = {
  id: optional(
    z.union([shortText, z.int().transform(String)], {
      error: 'expected text of 1 to 128 characters, without emoji, or a whole number',
    }),
  ).meta({ description: 'Makes a repeat of the message a duplicate' }),
  timestamp: optional(agentMoment).meta({
    description: "When it happened; when it arrives, if it doesn't say",
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
});

const label = z.string().min(1);

/** The schema of each message, by its `event`. */
export const agentMessages = {
  turn: z.object({ event: z.literal('turn'), ...common, turn }),
  collect: z.object({ event: z.literal('collect'), ...common, data: jsonObject }),
  stage: z.object({ event: z.literal('stage'), ...common, stage: label }),
  objection: z.object({
    event: z.literal('objection'),
    ...common,
    text: label,
    category: optional(z.string()),
  }),
  outcome: z.object({
    event: z.literal('outcome'),
    ...common,
    outcome: label,
    reason: optional(z.string()),
  }),
  tool: z.object({
    event: z.literal('tool'),
    ...common,
    name: label,
    arguments: jsonValue.optional(),
    result: jsonValue.optional(),
    error: optional(z.string()),
    durationMs: optional(z.number()),
    duration_ms: optional(z.number()),
  }),
  consent: z.object({
    event: z.literal('consent'),
    ...common,
    statement: label.meta({ description: 'What the caller was told, or asked' }),
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
} satisfies Record<(typeof AGENT_EVENTS)[number], z.ZodType>;

const { turn: turnMessage, collect, stage, objection, outcome, tool, speaking, consent } = agentMessages;

/** Any message of an agent. */
export const agentMessage = z.discriminatedUnion('event', [
  turnMessage,
  collect,
  stage,
  objection,
  outcome,
  tool,
  speaking,
  consent,
]);

/** A message of an agent, checked: synonyms resolved, times in Unix ms. */
export type AgentMessage = z.infer<typeof agentMessage>;

/** Whether an event's name, in any case, is one of Turnlog's own. */
export function isAgentEvent(event: string): boolean {
  const name = event.toLowerCase();
  return AGENT_EVENTS.some((own) => own === name);
}
