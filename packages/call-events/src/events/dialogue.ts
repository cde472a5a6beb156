import { z } from 'zod';
import { jsonObject, jsonValue } from '../text/json.ts';
import { moment } from './envelope.ts';

/** Who may speak. `ai` is the voice agent, `agent` a human colleague it hands over to. */
const speaker = z.enum(['user', 'ai', 'agent', 'system']);

/** What an agent's message has beyond the fields that have a meaning here: it is kept unchanged. */
export const beyond = { metadata: jsonValue.optional(), extra: jsonObject.optional() };

const word = z.object({
  text: z.string(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  confidence: z.number().optional(),
  extra: jsonObject.optional(),
});

/** A stretch of a turn's text, and the mark behind its audio. */
const spokenMark = z.object({ name: z.string(), text: z.string(), extra: jsonObject.optional() });

/** What is said and done in a call. */
export const dialogueEvents = {
  /** One turn of the dialogue, complete. */
  'turn.completed': z.object({
    speaker,
    text: z.string(),
    startedAt: moment.optional(),
    endedAt: moment.optional(),
    interrupted: z.boolean().optional(),
    /** What the caller heard of it before interrupting. */
    heardText: z.string().optional(),
    confidence: z.number().optional(),
    words: z.array(word).optional(),
    language: z.string().optional(),
    /** The marks that cover it, in the order in which they were sent: they show what of it was heard. */
    marks: z.array(spokenMark).optional(),
    ...beyond,
  }),

  /** Facts that the agent collected. A field's newest value takes precedence. */
  'data.collected': z.object({ fields: jsonObject, ...beyond }),

  /** The dialogue moved to another stage. */
  'stage.changed': z.object({ stage: z.string(), ...beyond }),

  /** The caller objected. */
  'objection.raised': z.object({ text: z.string(), category: z.string().optional(), ...beyond }),

  /** The outcome of the call. The newest one takes precedence. */
  'outcome.decided': z.object({ outcome: z.string(), reason: z.string().optional(), ...beyond }),

  /** The agent called a tool. */
  'tool.called': z.object({
    name: z.string(),
    arguments: jsonValue.optional(),
    result: jsonValue.optional(),
    error: z.string().optional(),
    durationMs: z.number().optional(),
    ...beyond,
  }),

  /** A speaker started or stopped speaking. */
  'speaking.changed': z.object({ speaking: z.boolean(), speaker: speaker.optional(), ...beyond }),

  /** The caller pressed a key (voicebot applet only). */
  'dtmf.pressed': z.object({ digit: z.string(), durationMs: z.number().optional() }),

  /** The carrier played what came before a mark. `heard: false` if some of that was cleared or dropped before. */
  'mark.played': z.object({ name: z.string(), heard: z.boolean().optional() }),

  /** Audio that the caller will not hear: the agent's `clear` went to the carrier, or the call is over. */
  'playback.cleared': z.object({
    connectionId: z.string(),
    /** `clear`, `call_over`; an open string. */
    cause: z.string(),
    /** The marks that had not come back by then. */
    marks: z.array(z.string()),
  }),
};
