import { type EventOf } from '../events/call-event.ts';
import { type CarrierReports } from './call-state.ts';
import { newest, orderOf, type Stamped } from './order.ts';

const TERMINAL = new Set(['completed', 'failed', 'no_answer', 'busy', 'canceled']);

/** The newest word on each thing, save that a report of the end is not taken back by one from before it. */
export function foldCarrierReport(
  reports: CarrierReports,
  event: EventOf<'call.status_reported'>,
): CarrierReports {
  const order = orderOf(event);
  const { status, from, to, direction, initiatedAt, answeredAt, endedAt, durationSeconds, disconnectedBy } =
    event.data;
  const told = <T>(current: Stamped<T> | undefined, value: T | undefined) =>
    value === undefined ? current : newest(current, { value, order });

  return definedOnly({
    status: laterStatus(reports.status, { value: status, order }),
    from: told(reports.from, from),
    to: told(reports.to, to),
    direction: told(reports.direction, direction),
    initiatedAt: told(reports.initiatedAt, initiatedAt),
    answeredAt: told(reports.answeredAt, answeredAt),
    endedAt: told(reports.endedAt, endedAt),
    durationSeconds: told(reports.durationSeconds, durationSeconds),
    disconnectedBy: told(reports.disconnectedBy, disconnectedBy),
  });
}

function laterStatus(
  current: CarrierReports['status'],
  candidate: NonNullable<CarrierReports['status']>,
): NonNullable<CarrierReports['status']> {
  if (current === undefined) return candidate;
  const isCurrentTerminal = TERMINAL.has(current.value);
  if (isCurrentTerminal !== TERMINAL.has(candidate.value)) return isCurrentTerminal ? current : candidate;
  return newest(current, candidate);
}

type DefinedOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(fields: T): DefinedOnly<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedOnly<T>;
}
