import { z } from 'zod';
import { jsonObject, jsonValue } from '../text/json.ts';
import { moment } from './envelope.ts';

/** Who may speak. `ai` is the voice agent, `agent` a human colleague it hands over to. */
const speaker = z.enum(['user', 'ai', 'agent', 'system']);

/** What an agent's message said beyond the fields that have a meaning here: kept, and otherwise left alone. */
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
  /** The marks that cover it, in the order in which they were sent: they tell what of it was heard. */
  marks: z.array(spokenMark).optional(),
  ...beyond,
});

/** Facts the agent collected. A field's newest value wins. */
export const dataCollected = z.object({ fields: jsonObject, ...beyond });

/** The dialogue moved to another stage. */
export const stageChanged = z.object({ stage: z.string(), ...beyond });

/** The caller objected. */
export const objectionRaised = z.object({ text: z.string(), category: z.string().optional(), ...beyond });

/** What the call came to. The newest wins. */
export const outcomeDecided = z.object({ outcome: z.string(), reason: z.string().optional(), ...beyond });

/** The agent called a tool. */
export const toolCalled = z.object({
  name: z.string(),
  arguments: jsonValue.optional(),
  result: jsonValue.optional(),
  error: z.string().optional(),
  durationMs: z.number().optional(),
  ...beyond,
});

/** A speaker started or stopped speaking. */
export const speakingChanged = z.object({ speaking: z.boolean(), speaker: speaker.optional(), ...beyond });

/** The caller pressed a key (voicebot applet only). */
export const dtmfPressed = z.object({ digit: z.string(), durationMs: z.number().optional() });

/**
 * The carrier sent a mark back: it has played everything that the agent had sent before it. `heard: false` when audio
 * before it had been cleared or dropped, so that its return proves nothing.
 */
export const markPlayed = z.object({ name: z.string(), heard: z.boolean().optional() });

/** Audio that the caller will not hear: the agent's `clear` went to the carrier, or the call is over. */
export const playbackCleared = z.object({
  connectionId: z.string(),
  /** `clear`, `call_over`; an open string. */
  cause: z.string(),
  /** The marks that had not come back by then. */
  marks: z.array(z.string()),
});
