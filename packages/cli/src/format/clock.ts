import { envValue, type EnvValue } from '@turnlog/service-kit/config';
import { switchFlag, valueFlag } from '../flags.ts';

/** A moment: a date, or ISO 8601. */
type Moment = Date | string;

/** Shows moments as a wall clock in one time zone. */
export interface WallClock {
  /** `16:45:12` */
  time(moment: Moment): string;
  /** `2026-01-25 16:45:00` */
  dateTime(moment: Moment): string;
}

const timeZone: EnvValue<string> = envValue('a time zone such as Asia/Kolkata', (name) =>
  isTimeZone(name) ? { value: name } : { problem: `got ${JSON.stringify(name)}` },
);

/** Flags for the zone in which times are shown. */
export const clockFlags = {
  tz: valueFlag(timeZone, '<zone>', 'show times in this zone, such as Asia/Kolkata; local time by default'),
  utc: switchFlag('show times in UTC'),
};

/** The clock of the flags; the machine's own zone without any. */
export function clockOf({ tz, utc }: { readonly tz: string | undefined; readonly utc: boolean }): WallClock {
  return wallClock(utc ? 'UTC' : tz);
}

/** A clock of a zone; of the machine's own by default. */
export function wallClock(zone?: string): WallClock {
  // Swedish dates are ISO dates: `2026-01-25 16:45:00`.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const dateTime = (moment: Moment): string => format.format(new Date(moment));
  return { dateTime, time: (moment) => dateTime(moment).slice(-'16:45:00'.length) };
}

/** `45s`, `2m 05s`, `1h 02m 05s`; `-` if it is unknown. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return '-';
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const twoDigits = (number: number): string => String(number).padStart(2, '0');
  if (hours > 0) return `${hours}h ${twoDigits(minutes)}m ${twoDigits(rest)}s`;
  return minutes > 0 ? `${minutes}m ${twoDigits(rest)}s` : `${rest}s`;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // The only way to check: an unknown zone throws a RangeError.
    return false;
  }
}
