const NAIVE = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
const MINUTE_MS = 60_000;

/** Exotel writes `1970-01-01 05:30:00` where it knows no time; nothing from before it existed is one. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** India Standard Time: what evidence there is says that Exotel's times without a zone are in it. */
export const DEFAULT_UTC_OFFSET_MINUTES = 330;

/**
 * A time as Exotel writes it, as ISO 8601 in UTC with milliseconds. `YYYY-MM-DD HH:mm:ss` is taken to be at the given
 * offset from UTC; a time that names its zone is taken at its word. `undefined` for anything that is no time.
 */
export function parseCarrierTime(text: string | undefined, utcOffsetMinutes: number): string | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const atMs = naiveTimeMs(text.trim(), utcOffsetMinutes) ?? zonedTimeMs(text.trim());
  if (atMs === undefined || atMs < EARLIEST_MS || atMs >= LATEST_MS) return undefined;
  return new Date(atMs).toISOString();
}

/** Unix ms as Exotel writes a time at the given offset: `YYYY-MM-DD HH:mm:ss`. */
export function formatCarrierTime(atMs: number, utcOffsetMinutes: number): string {
  const local = new Date(atMs + utcOffsetMinutes * MINUTE_MS).toISOString();
  return local.slice(0, 19).replace('T', ' ');
}

/** The minutes of an offset such as `+05:30` or `Z`; `undefined` when it is none. */
export function parseUtcOffset(text: string): number | undefined {
  if (text === 'Z') return 0;
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (sign === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function naiveTimeMs(text: string, utcOffsetMinutes: number): number | undefined {
  const [, year, month, day, hours, minutes, seconds, fraction = ''] = NAIVE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const written = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const atMs = Date.parse(written);
  // `Date` rolls 30 February over into March.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== written) return undefined;
  return atMs - utcOffsetMinutes * MINUTE_MS;
}

/** ISO 8601 and RFC 2822, with a zone in either. */
function zonedTimeMs(text: string): number | undefined {
  if (!/(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/.test(text)) return undefined;
  const atMs = Date.parse(text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T'));
  return Number.isNaN(atMs) ? undefined : atMs;
}
