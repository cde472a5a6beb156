import { type EventOf } from '../events/call-event.ts';
import { type CallState, type LegState } from './call-state.ts';
import { newest, oldest, orderOf, type Stamped } from './order.ts';

/** Adds what a report says of another leg: the newest word on each thing counts. */
export function foldLeg(legs: CallState['legs'], event: EventOf<'call.status_reported'>): CallState['legs'] {
  const { leg, eventType, subject } = event.data;
  if (leg === undefined) return legs;
  const order = orderOf(event);
  const key = leg.number ?? leg.agent ?? '';
  const known = Object.hasOwn(legs, key) ? legs[key] : undefined;
  const told = <T>(current: Stamped<T> | undefined, value: T | undefined) =>
    value === undefined ? current : newest(current, { value, order });
  const fields = {
    number: told(known?.number, leg.number),
    agent: told(known?.agent, leg.agent),
    status: told(known?.status, leg.status),
    event: told(known?.event, subject === 'leg' ? eventType : undefined),
    durationSeconds: told(known?.durationSeconds, leg.durationSeconds),
    first: oldest(known?.first, { value: true as const, order }),
  };
  const defined = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  // By numbers that come out of a call: `__proto__` is one like any other.
  const copy = Object.assign(Object.create(null) as Record<string, LegState>, legs);
  copy[key] = defined as unknown as LegState;
  return copy;
}
