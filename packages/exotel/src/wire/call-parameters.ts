import { cutText } from './cut-text.ts';
import { queryOf } from './sample-rate.ts';

const maxParameters = 32;
const maxNameLength = 512;
const maxValueLength = 1024;

const sampleRateNames = new Set(['sample-rate', 'sample_rate']);
const secretPart = /token|secret|passw|signature|credential|apikey|authorization|bearer/;
const secretWord = new Set(['key', 'auth', 'sig', 'pwd', 'pass', 'jwt', 'hmac']);

/**
 * The call's own parameters: the query of the stream's URL, overridden by those that `start` repeats. At most
 * 32. The sample rate and names of secrets (`token`, `api_key`, `sig` …) are left out, because Exotel repeats
 * the whole query in `start` and parameters end up in records.
 */
export function readCallParameters(source: {
  url?: string | URL | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
}): Record<string, string> {
  const parameters = new Map([
    ...queryOf(source.url ?? ''),
    ...Object.entries(source.customParameters ?? {}),
  ]);
  const kept = [...parameters].filter(([name]) => isCallParameter(name)).slice(0, maxParameters);
  return Object.fromEntries(kept.map(([name, value]) => [name, cutText(value, maxValueLength)]));
}

function isCallParameter(name: string): boolean {
  return (
    name.length <= maxNameLength &&
    name !== '__proto__' &&
    !sampleRateNames.has(name.toLowerCase()) &&
    !isSecretName(name)
  );
}

function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
  return (
    secretPart.test(words.replace(/[^a-z\d]/g, '')) ||
    words.split(/[^a-z\d]+/).some((word) => secretWord.has(word))
  );
}
