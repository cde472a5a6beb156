/** The rates Exotel can stream at, in Hz. Source: https://developer.exotel.com/docs/agentstream/stream-voicebot-applet */
export const sampleRates = [8000, 16000, 24000] as const;
export type SampleRate = (typeof sampleRates)[number];

const defaultSampleRate: SampleRate = 8000;
const ratePattern = /^\s*(\d{1,6}(?:\.\d{1,3})?)\s*(k?)(?:hz)?\s*$/i;

export function isSampleRate(rate: number | undefined): rate is SampleRate {
  return sampleRates.some((known) => known === rate);
}

/** Parses 8000, "8000", "8000Hz" and "8kHz" as 8000; `undefined` for anything else. */
export function parseSampleRate(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const [, number, kilo] = ratePattern.exec(String(value)) ?? [];
  return number === undefined ? undefined : Number(number) * (kilo === '' ? 1 : 1000);
}

/**
 * The rate in Hz: from `start` if Exotel can send it, else from the stream's URL (`sample-rate` or
 * `sample_rate`: the documentation has both), else from the custom parameters of `start`, where Exotel
 * repeats the query of the URL, else 8000.
 */
export function chooseSampleRate(evidence: {
  startRate?: number | undefined;
  url?: string | URL | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
}): SampleRate {
  if (isSampleRate(evidence.startRate)) return evidence.startRate;
  const query = queryOf(evidence.url ?? '');
  const repeated = new Map(Object.entries(evidence.customParameters ?? {}));
  const asked = [query, repeated].flatMap((from) => [from.get('sample-rate'), from.get('sample_rate')]);
  return asked.map(parseSampleRate).find(isSampleRate) ?? defaultSampleRate;
}

/** The query of a whole URL or of a request target such as `/media?a=1`. Never throws. */
export function queryOf(url: string | URL): URLSearchParams {
  if (url instanceof URL) return url.searchParams;
  const [beforeFragment = ''] = url.split('#', 1);
  const question = beforeFragment.indexOf('?');
  return new URLSearchParams(question === -1 ? '' : beforeFragment.slice(question + 1));
}
