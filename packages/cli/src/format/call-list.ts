import type { CallSummary } from '@turnlog/call-store';
import { formatDuration, type WallClock } from './clock.ts';
import { visibleText } from './visible-text.ts';

/** The title of a column, its least width, and its text for a call. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly read: (call: CallSummary) => string;
}

/** A list of calls, the latest first. Shows the tenants if there are several. */
export function formatCallList(calls: readonly CallSummary[], clock: WallClock, program: string): string {
  const found = `📞 Found ${calls.length} call(s):`;
  if (calls.length === 0) return found;
  const columns = columnsFor(calls, clock);
  const header = lineOf(columns, ({ title }) => title);
  const lines = calls.map((call) => lineOf(columns, ({ read }) => read(call)));
  return [
    found,
    '',
    header,
    '-'.repeat(81),
    ...lines,
    '',
    'To view a specific transcript, run:',
    `  ${program} show <call_sid>`,
  ].join('\n');
}

function columnsFor(calls: readonly CallSummary[], clock: WallClock): Column[] {
  const columns: Column[] = [
    { title: 'CALL SID', width: 30, read: ({ call_sid }) => visibleText(call_sid) },
    { title: 'STATUS', width: 15, read: ({ status }) => status },
    { title: 'OUTCOME', width: 19, read: ({ outcome }) => visibleText(outcome ?? '-') },
    { title: 'DURATION', width: 10, read: ({ duration_seconds }) => formatDuration(duration_seconds) },
    {
      title: 'DATE',
      width: 19,
      read: ({ initiated_at }) => (initiated_at === null ? '-' : clock.dateTime(initiated_at)),
    },
  ];
  const tenants = new Set(calls.map(({ tenant }) => tenant));
  if (tenants.size > 1) columns.push({ title: 'TENANT', width: 0, read: ({ tenant }) => tenant });
  return columns.map((column) => ({ ...column, width: widthOf(column, calls) }));
}

/** A column grows with its content, so that every sid can be copied whole. */
function widthOf({ width, read }: Column, calls: readonly CallSummary[]): number {
  return calls.reduce((widest, call) => Math.max(widest, read(call).length), width);
}

function lineOf(columns: readonly Column[], read: (column: Column) => string): string {
  return columns
    .map((column) => read(column).padEnd(column.width))
    .join(' ')
    .trimEnd();
}
