import { jsonObject, jsonValue } from '@turnlog/call-events';
import { z } from 'zod';
import { agentMoment } from './agent-moment.ts';

/*
 * The messages by which an agent reports on a call, the same on its socket and over HTTP. Optional fields may be
 * missing or null, fields that are not named here are ignored.
 */

/** The `event` of the messages that are Turnlog's own. Everything else an agent sends is meant for the carrier. */
export const AGENT_EVENTS = ['turn', 'collect', 'stage', 'objection', 'outcome', 'tool', 'speaking'] as const;

/** Other words for a speaker. `agent` is not one of them: it is the human colleague that the bot hands over to. */
const SPEAKER_SYNONYMS: Readonly<Record<string, string>> = {
  assistant: 'ai',
  bot: 'ai',
  caller: 'user',
  customer: 'user',
  human: 'user',
};

const SPEAKERS = ['user', 'ai', 'agent', 'system'] as const;

const speaker = z.preprocess(
  (value) => {
    if (typeof value !== 'string') return value;
    const word = value.trim().toLowerCase();
    return Object.hasOwn(SPEAKER_SYNONYMS, word) ? SPEAKER_SYNONYMS[word] : word;
  },
  z.enum(SPEAKERS, {
    error:
      'expected user, ai, agent or system (caller, human, customer mean user; assistant, bot mean ai; agent is a human colleague)',
  }),
);

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const common = {
  /** Makes a repeat of the message a duplicate. */
  id: optional(
    z.union([z.string().min(1).max(128), z.int().transform(String)], {
      error: 'expected text of 1 to 128 characters, or a whole number',
    }),
  ),
  /** When it happened; when it arrives, if it doesn't say. */
  timestamp: optional(agentMoment),
};

const word = z.object({
  text: z.string(),
  startMs: optional(z.number()),
  endMs: optional(z.number()),
  confidence: optional(z.number()),
});

const turn = z.object({
  speaker,
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
});

const label = z.string().min(1);

/** Any message of an agent. */
export const agentMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('turn'), ...common, turn }),
  z.object({ event: z.literal('collect'), ...common, data: jsonObject }),
  z.object({ event: z.literal('stage'), ...common, stage: label }),
  z.object({ event: z.literal('objection'), ...common, text: label, category: optional(z.string()) }),
  z.object({ event: z.literal('outcome'), ...common, outcome: label, reason: optional(z.string()) }),
  z.object({
    event: z.literal('tool'),
    ...common,
    name: label,
    arguments: jsonValue.optional(),
    result: jsonValue.optional(),
    error: optional(z.string()),
    durationMs: optional(z.number()),
    duration_ms: optional(z.number()),
  }),
  z.object({
    event: z.literal('speaking'),
    ...common,
    speaking: z.boolean(),
    speaker: optional(speaker),
  }),
]);

/** A message of an agent, checked: synonyms resolved, times in Unix ms. */
export type AgentMessage = z.infer<typeof agentMessage>;

/** Whether an event's name, in any case, is one of Turnlog's own. */
export function isAgentEvent(event: string): boolean {
  const name = event.toLowerCase();
  return AGENT_EVENTS.some((own) => own === name);
}
