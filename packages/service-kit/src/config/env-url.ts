import { type EnvValue, envValue } from './env-value.ts';
import { parseRedisAddress } from '@turnlog/redis-kit/address';

// No problem here quotes the value: a URL may hold a password or a token.

const WS_EXPECTED = 'a URL that starts with ws:// or wss://';

const PLACEHOLDERS =
  ', whose placeholders are names of letters, digits, "_", "-", "." and "~" in braces, such as {params.lead-id}';

/** What is wrong with a URL of the right scheme, or undefined. */
type CheckUrl = (url: URL) => string | undefined;

/** `redis://` or `rediss://` with a host and at most a database number, or `redis+sentinel://` with Sentinels and a name. */
export const redisUrl: EnvValue<string> = envValue(
  'a URL such as redis://user:password@host:6379/0 or redis+sentinel://host:26379,host2:26379/mymaster',
  (text) => {
    const parsed = parseRedisAddress(text);
    return 'value' in parsed ? { value: text } : parsed;
  },
);

/** `postgres://` or `postgresql://`, with a database name and a host (or `?host=` for a socket's folder). */
export const postgresUrl: EnvValue<string> = urlValue(
  'a URL such as postgres://user:password@host:5432/database',
  ['postgres:', 'postgresql:'],
  (url) => {
    if (url.hostname === '' && !url.searchParams.has('host')) return 'got a URL without a host';
    if (url.searchParams.get('sslmode') === 'no-verify')
      return 'got sslmode=no-verify, which trusts any server; use verify-full';
    return url.pathname.length > 1 ? undefined : 'got a URL without a database name';
  },
);

/** `http://` or `https://`. */
export const httpUrl: EnvValue<string> = urlValue('a URL that starts with http:// or https://', [
  'http:',
  'https:',
]);

/** `ws://` or `wss://`. */
export const wsUrl: EnvValue<string> = urlValue(WS_EXPECTED, ['ws:', 'wss:']);

/**
 * A `ws://` or `wss://` URL with placeholders in braces, `wss://agent.example/calls/{callSid}`. With `placeholders`
 * given, any other is a problem. The value stays as written; the values of the placeholders are encoded when they are filled in.
 */
export function wsUrlTemplate(placeholders?: readonly string[]): EnvValue<string> {
  const known = placeholders?.map((name) => `{${name}}`);
  const expected = WS_EXPECTED + (known ? `, with no placeholders but ${known.join(', ')}` : PLACEHOLDERS);
  return envValue(expected, (text) => {
    const unknown = (text.match(/\{[^{}]*\}/g) ?? []).find((found) => known && !known.includes(found));
    if (unknown !== undefined) return { problem: `got one with the placeholder ${unknown}` };
    const malformed = (text.match(/\{[^{}]*\}/g) ?? []).find((found) => !/^\{[\w.~-]+\}$/.test(found));
    if (malformed !== undefined) return { problem: `got the placeholder ${malformed.slice(0, 80)}` };
    const filledIn = text.replace(/\{[^{}]+\}/g, 'x');
    if (/[{}]/.test(filledIn)) return { problem: 'got a brace that is not part of a placeholder' };
    const problem = urlProblem(filledIn, ['ws:', 'wss:']);
    return problem === undefined ? { value: text } : { problem };
  });
}

function urlValue(expected: string, schemes: readonly string[], check?: CheckUrl): EnvValue<string> {
  return envValue(expected, (text) => {
    const problem = urlProblem(text, schemes, check);
    return problem === undefined ? { value: text } : { problem };
  });
}

function urlProblem(text: string, schemes: readonly string[], check?: CheckUrl): string | undefined {
  if (!URL.canParse(text)) return 'got something that is not a URL';
  const url = new URL(text);
  if (!schemes.includes(url.protocol)) return 'got a URL of another scheme';
  return check?.(url);
}
