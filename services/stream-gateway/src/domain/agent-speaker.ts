import { z } from 'zod';

type Speaker = 'user' | 'ai' | 'agent' | 'system';

/** The words for a speaker. `agent` is not the bot: it is the human colleague that the bot hands over to. */
const SPEAKERS: Readonly<Record<string, Speaker>> = {
  user: 'user',
  ai: 'ai',
  agent: 'agent',
  system: 'system',
  assistant: 'ai',
  bot: 'ai',
  caller: 'user',
  customer: 'user',
  human: 'user',
};

const inAnyCase = (word: string): string =>
  word.replace(/./g, (letter) => `[${letter}${letter.toUpperCase()}]`);

// A JSON Schema has no flag for the case of letters, so that the pattern spells out both.
const PATTERN = new RegExp(`^\\s*(?:${Object.keys(SPEAKERS).map(inAnyCase).join('|')})\\s*$`);

const EXPECTED =
  'expected user, ai, agent or system (caller, human, customer mean user; assistant, bot mean ai; agent is a human colleague)';

/** Who spoke, in any of the words that agents use for it. */
export const agentSpeaker = z
  .string({ error: EXPECTED })
  .regex(PATTERN, EXPECTED)
  .meta({
    description:
      'user, ai, agent or system, in any case. caller, human, customer mean user; assistant, bot mean ai; agent is a human colleague',
    examples: ['user', 'ai'],
  })
  .transform((word) => SPEAKERS[word.trim().toLowerCase()] ?? 'user');
