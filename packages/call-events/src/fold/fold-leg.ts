import { type EventOf } from '../events/call-event.ts';
import { type CallState } from './call-state.ts';
import { newest, oldest, orderOf, type Stamped } from './order.ts';
import { copyByName, definedOnly } from './records.ts';

/** Adds the facts that a report has about another leg: the newest one takes precedence. */
export function foldLeg(legs: CallState['legs'], event: EventOf<'call.status_reported'>): CallState['legs'] {
  const { leg, eventType, subject } = event.data;
  if (leg === undefined) return legs;
  const order = orderOf(event);
  const key = leg.number ?? leg.agent ?? '';
  const known = Object.hasOwn(legs, key) ? legs[key] : undefined;
  const newer = <T>(current: Stamped<T> | undefined, value: T | undefined) =>
    value === undefined ? current : newest(current, { value, order });
  const copy = copyByName(legs);
  copy[key] = definedOnly({
    number: newer(known?.number, leg.number),
    agent: newer(known?.agent, leg.agent),
    status: newer(known?.status, leg.status),
    event: newer(known?.event, subject === 'leg' ? eventType : undefined),
    durationSeconds: newer(known?.durationSeconds, leg.durationSeconds),
    first: oldest(known?.first, { value: true as const, order }),
  });
  return copy;
}
