import { z } from 'zod';
import { jsonObject, jsonValue } from '../text/json.ts';
import { moment } from './envelope.ts';

/** Who may speak. `ai` is the voice agent, `agent` a human colleague it hands over to. */
export const speaker = z.enum(['user', 'ai', 'agent', 'system']);

const word = z.object({
  text: z.string(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  confidence: z.number().optional(),
});

/** One turn of the dialogue, complete. */
export const turnCompleted = z.object({
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
});

/** Facts the agent collected. A field's newest value wins. */
export const dataCollected = z.object({ fields: jsonObject });

/** The dialogue moved to another stage. */
export const stageChanged = z.object({ stage: z.string() });

/** The caller objected. */
export const objectionRaised = z.object({ text: z.string(), category: z.string().optional() });

/** What the call came to. The newest wins. */
export const outcomeDecided = z.object({ outcome: z.string(), reason: z.string().optional() });

/** The agent called a tool. */
export const toolCalled = z.object({
  name: z.string(),
  arguments: jsonValue.optional(),
  result: jsonValue.optional(),
  error: z.string().optional(),
  durationMs: z.number().optional(),
});

/** Somebody started or stopped speaking. */
export const speakingChanged = z.object({ speaking: z.boolean(), speaker: speaker.optional() });

/** The caller pressed a key (voicebot applet only). */
export const dtmfPressed = z.object({ digit: z.string(), durationMs: z.number().optional() });

/** The carrier played everything that the agent had sent before this mark. */
export const markPlayed = z.object({ name: z.string() });
