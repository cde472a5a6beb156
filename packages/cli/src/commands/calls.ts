import { callStatus } from '@turnlog/call-events';
import { envValue, oneOf, wholeNumber, type EnvValue } from '@turnlog/service-kit/config';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, tenantFlag, text, valueFlag } from '../flags.ts';
import { formatCallList } from '../format/call-list.ts';
import { programOf } from '../program.ts';
import { clockFlags, clockOf } from '../format/clock.ts';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An age, or a moment: the value returns the moment for a given current time. */
const since: EnvValue<(nowMs: number) => Date> = envValue(
  'a date (2026-01-25, 2026-01-25T11:15:00Z) or an age (30m, 12h, 7d)',
  (value) => {
    const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
    if (count !== undefined) {
      const ageMs = Number(count) * (UNITS_MS[unit] ?? 0);
      return { value: (nowMs) => new Date(nowMs - ageMs) };
    }
    return isDate(value) ? { value: () => new Date(value) } : { problem: `got ${JSON.stringify(value)}` };
  },
);

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ]|$)/;

/** Whether the day and the time exist: `Date` turns 30 February into 2 March. */
function isDate(value: string): boolean {
  const [, year, month, day] = DATE.exec(value) ?? [];
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return midnight.getUTCDate() === Number(day) && !Number.isNaN(Date.parse(value));
}

export const command = defineCommand({
  usage: 'calls',
  flags: {
    last: valueFlag(wholeNumber(1, 100_000), '<n>', 'the most calls to list; 20 by default'),
    status: valueFlag(oneOf(callStatus.options), '<status>', `one of ${callStatus.options.join(', ')}`),
    outcome: valueFlag(text, '<outcome>', 'calls with this outcome, such as qualified'),
    since: valueFlag(since, '<when>', 'calls that began then or later: 2026-01-25, or 30m, 12h, 7d ago'),
    ...tenantFlag,
    ...clockFlags,
    ...databaseFlags,
  },
  run: ({ values }, terminal) =>
    withStore(values, terminal, async (store) => {
      const found = await store.listCalls({ ...values, since: values.since?.(terminal.now()) });
      return { document: found, text: formatCallList(found, clockOf(values), programOf(terminal.env)) };
    }),
});
