import { envValue, wholeNumber, type EnvValue } from './env-value.ts';

/** What stands before every key in Redis. Braces would make a hash tag of it, and blanks are never meant. */
export const keyPrefix: EnvValue<string> = nameLike('a key prefix');

/** Over how many partitions calls are spread. */
export const partitionCount: EnvValue<number> = wholeNumber(1, 1024);

/** What tells one replica from the others, over restarts. */
export const instanceName: EnvValue<string> = nameLike('a name of this replica');

/** The key of the hashes that stand for phones in logs. Never quoted: it is a secret. */
export const logPhoneKey: EnvValue<string> = envValue('a secret of at least 16 characters', (text) =>
  text.length >= 16 ? { value: text } : { problem: 'got a shorter one' },
);

function nameLike(what: string): EnvValue<string> {
  return envValue(`${what} of 1 to 64 letters, digits and . : _ -`, (text) =>
    /^[\w.:-]{1,64}$/.test(text) ? { value: text } : { problem: `got ${JSON.stringify(text.slice(0, 80))}` },
  );
}
