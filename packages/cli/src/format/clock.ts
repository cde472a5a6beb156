import { envValue, type EnvValue } from '@turnlog/service-kit';
import { switchFlag, valueFlag } from '../flags.ts';

/** A moment: a date, or ISO 8601. */
export type Moment = Date | string;

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
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const partsOf = (moment: Moment) =>
    Object.fromEntries(format.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
  const time = (moment: Moment): string => {
    const { hour, minute, second } = partsOf(moment);
    return `${hour ?? ''}:${minute ?? ''}:${second ?? ''}`;
  };
  return {
    time,
    dateTime: (moment) => {
      const { year, month, day } = partsOf(moment);
      return `${year ?? ''}-${month ?? ''}-${day ?? ''} ${time(moment)}`;
    },
  };
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
