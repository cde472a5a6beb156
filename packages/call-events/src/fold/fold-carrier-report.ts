import { type EventOf } from '../events/call-event.ts';
import { type CarrierReports, type Reported, type ReportedStatus } from './call-state.ts';
import { compareOrder, orderOf } from './order.ts';

type Status = EventOf<'call.status_reported'>['data']['status'];

const TERMINAL: ReadonlySet<Status> = new Set<Status>([
  'completed',
  'failed',
  'no_answer',
  'busy',
  'canceled',
]);

/** Whether a call with this status is over. */
export function isTerminal(status: Status): boolean {
  return TERMINAL.has(status);
}

/**
 * The weightiest word on each thing: what the carrier answered when it was asked, then the newest. A report of the end
 * is not taken back by one from before it.
 */
export function foldCarrierReport(
  reports: CarrierReports,
  event: EventOf<'call.status_reported'>,
): CarrierReports {
  const order = orderOf(event);
  const { data } = event;
  const isConfirmed = data.confirmed === true;
  const told = <T>(current: Reported<T> | undefined, value: T | undefined) =>
    value === undefined ? current : weightier(current, { value, order, isConfirmed });

  return definedOnly({
    status:
      data.subject === 'leg'
        ? reports.status
        : laterStatus(reports.status, {
            value: data.status,
            order,
            isConfirmed,
            ...(data.assumed === true && { isAssumed: true }),
          }),
    statusWord: told(reports.statusWord, data.statusWord),
    from: told(reports.from, data.from),
    to: told(reports.to, data.to),
    direction: told(reports.direction, data.direction),
    initiatedAt: told(reports.initiatedAt, data.initiatedAt),
    answeredAt: told(reports.answeredAt, data.answeredAt),
    endedAt: told(reports.endedAt, data.endedAt),
    durationSeconds: told(reports.durationSeconds, data.durationSeconds),
    disconnectedBy: told(reports.disconnectedBy, data.disconnectedBy),
    error: told(reports.error, data.error),
    price: told(reports.price, data.price),
    currency: told(reports.currency, data.currency),
    customField: told(reports.customField, data.customField),
    streamEnd: told(reports.streamEnd, isOfStreamEnd(data) ? true : undefined),
  });
}

/** A Passthru says how its stream ended. */
function isOfStreamEnd({
  streamStatus,
  disconnectedBy,
  error,
}: EventOf<'call.status_reported'>['data']): boolean {
  return streamStatus !== undefined || disconnectedBy !== undefined || error !== undefined;
}

function laterStatus(current: ReportedStatus | undefined, candidate: ReportedStatus): ReportedStatus {
  if (current === undefined) return candidate;
  const isCurrentTerminal = isTerminal(current.value);
  if (isCurrentTerminal !== isTerminal(candidate.value)) return isCurrentTerminal ? current : candidate;
  if (current.isAssumed !== candidate.isAssumed) return current.isAssumed === true ? candidate : current;
  return weightier(current, candidate);
}

function weightier<R extends Reported<unknown>>(current: R | undefined, candidate: R): R {
  if (current === undefined) return candidate;
  if (current.isConfirmed !== candidate.isConfirmed) return current.isConfirmed ? current : candidate;
  return compareOrder(current.order, candidate.order) > 0 ? current : candidate;
}

type DefinedOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(fields: T): DefinedOnly<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedOnly<T>;
}
