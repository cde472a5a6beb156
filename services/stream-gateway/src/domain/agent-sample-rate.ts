import { type SampleRate } from '@turnlog/exotel';

/** The rate that a bot assumes if its URL does not name one. */
const DEFAULT_RATE: SampleRate = 8_000;
const NAMES_RATE = /\{sampleRate\}|[?&]sample[-_]rate=/i;

/**
 * The template of an agent's URL, with the rate of the audio in its query as Exotel's own host has it there
 * (`?sample-rate=16000`): bots read it from their URL alone. A template that names the rate itself, and a rate that every bot
 * takes for granted, stay as they are.
 */
export function withSampleRate(template: string, sampleRate: SampleRate): string {
  if (sampleRate === DEFAULT_RATE || NAMES_RATE.test(template)) return template;
  const [url = '', ...fragment] = template.split('#');
  const told = `${url}${url.includes('?') ? '&' : '?'}sample-rate={sampleRate}`;
  return [told, ...fragment].join('#');
}
