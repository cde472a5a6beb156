const MINUTE_MS = 60_000;

/** Exotel writes `1970-01-01 05:30:00` for an unknown time; no time is older than Exotel. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = String.raw`(?<hours>\d\d):(?<minutes>\d\d):(?<seconds>\d\d)`;
const ZONE = String.raw` ?(?<zone>Z|GMT|UTC|UT|[+-]\d\d:?\d\d)?`;

/** `2026-11-25 12:31:59`, and ISO 8601. */
const IN_FIGURES = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[ Tt]${CLOCK}(?:\.(?<fraction>\d{1,9}))?${ZONE}$`,
  'i',
);
/** `Wed, 25 Nov 2026 12:31:59`, and RFC 5322. */
const IN_WORDS = new RegExp(
  String.raw`^(?:(?<weekday>[a-z]{3}), ?)?(?<day>\d{1,2}) (?<word>[a-z]{3}) (?<year>\d{4}) ${CLOCK}${ZONE}$`,
  'i',
);

/** India Standard Time: the evidence says that Exotel's times without a zone are in it. */
export const DEFAULT_UTC_OFFSET_MINUTES = 330;

/**
 * Converts a time of Exotel's to ISO 8601 in UTC with milliseconds. One without a zone is taken at the given
 * offset from UTC. `undefined` for anything else, and for a date that does not exist or does not match its
 * weekday: a time is not guessed.
 */
export function parseCarrierTime(text: string | undefined, utcOffsetMinutes: number): string | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const written = (IN_FIGURES.exec(text.trim()) ?? IN_WORDS.exec(text.trim()))?.groups;
  const localMs = written && localTimeMs(written);
  if (written === undefined || localMs === undefined) return undefined;
  const offset = zoneOffset(written['zone']) ?? utcOffsetMinutes;
  if (Number.isNaN(offset)) return undefined;
  const atMs = localMs - offset * MINUTE_MS;
  return atMs < EARLIEST_MS || atMs >= LATEST_MS ? undefined : new Date(atMs).toISOString();
}

/** Formats Unix ms as Exotel writes a time at the given offset: `YYYY-MM-DD HH:mm:ss`. */
export function formatCarrierTime(atMs: number, utcOffsetMinutes: number): string {
  const local = new Date(atMs + utcOffsetMinutes * MINUTE_MS).toISOString();
  return local.slice(0, 19).replace('T', ' ');
}

/** The minutes of an offset such as `+05:30` or `Z`; `undefined` if it is invalid. */
export function parseUtcOffset(text: string): number | undefined {
  if (text === 'Z') return 0;
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (sign === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

type Written = Readonly<Record<string, string | undefined>>;

/** The clock's time as if it were UTC. */
function localTimeMs(written: Written): number | undefined {
  const { year, month, word, day = '', hours, minutes, seconds, fraction = '', weekday } = written;
  // An unknown word is month 0, which is not a date.
  const ofWord = MONTHS.indexOf(word?.toLowerCase() ?? '') + 1;
  const date = `${year}-${month ?? String(ofWord).padStart(2, '0')}-${day.padStart(2, '0')}`;
  const iso = `${date}T${hours}:${minutes}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const atMs = Date.parse(iso);
  // `Date` turns 30 February into a day in March.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== iso) return undefined;
  const [isoWeekday] = new Date(atMs).toUTCString().toLowerCase().split(',', 1);
  return weekday === undefined || weekday.toLowerCase() === isoWeekday ? atMs : undefined;
}

/** Minutes; `undefined` without a zone, NaN for an invalid zone. */
function zoneOffset(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (/^[a-z]/i.test(zone)) return 0;
  return parseUtcOffset(zone.replace(/^(...):?/, '$1:')) ?? Number.NaN;
}
