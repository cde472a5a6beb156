import { phoneTag } from './phone-tag.ts';

// From scheme to the end of the word. A password may hold any character, so no finer grammar is trusted here.
const URL_PATTERN = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s"'`<>]*)/gi;

// International numbers, their plus as it is or encoded for a URL, and Indian mobile numbers as carriers write them
// (98…, 098…, 9198…). An id or a timestamp is not one: no letter, digit, `_` or `-` may touch it.
const PHONE_PATTERN = /(?<![\w+-])(?:(?:\+|%2B)\d{8,15}|(?:0|91)?[6-9]\d{9})(?![\w-])/gi;

const QUOTED_PATTERN = /"[^"]*"/g;
const NAME_PATTERN = /^"[\w.$:-]{1,64}"$/;

/**
 * Cuts user name, password, query and fragment out of every URL in a text: `redis://u:p@host/0?x=y` becomes
 * `redis://host/0`. If an `@` makes it unclear, the part before it is removed.
 */
export function stripUrlSecrets(text: string): string {
  // Nearly every text ends here, without the search of a pattern that may begin anywhere.
  if (!text.includes('://')) return text;
  return text.replace(URL_PATTERN, (_match, scheme: string, rest: string) => {
    const afterUserInfo = rest.slice(rest.lastIndexOf('@') + 1);
    return scheme + afterUserInfo.replace(/[?#].*$/, '');
  });
}

/** A text as logs may show it: no URL secrets, no phone numbers. */
export function scrubText(text: string): string {
  return stripUrlSecrets(text).replace(PHONE_PATTERN, (phone) => phoneTag(phone));
}

/** A sentence of a program as logs may show it: quoted text is removed as well, unless it is like the name of a thing. */
export function scrubSentence(text: string): string {
  return scrubText(
    text.replace(QUOTED_PATTERN, (quoted) => (NAME_PATTERN.test(quoted) ? quoted : '"[removed]"')),
  );
}

/** Messages in which ioredis explains options that its own caller sets, and what they mean. */
const REDIS_MESSAGES: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^Stream isn't writeable and enableOfflineQueue options is false$/, 'Redis is not connected'],
  [/^Reached the max retries per request limit\b.*$/s, 'the connection to Redis was lost before it answered'],
];

/** The message of an error without the options of a library. */
export function plainMessage(message: string): string {
  return REDIS_MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}
