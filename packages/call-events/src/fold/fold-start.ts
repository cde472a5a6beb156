import { type EventOf } from '../events/call-event.ts';
import { type StartedFacts } from './call-state.ts';
import { oldest, orderOf, type Order, type Stamped } from './order.ts';

/**
 * Joins what a start says with what others said: another leg of the call, or another client, may know what the first did
 * not. Of each thing the earliest start that says it counts; an empty text says nothing where another says something.
 */
export function foldStart(started: StartedFacts, event: EventOf<'call.started'>): StartedFacts {
  const order = orderOf(event);
  const { from, to, direction, customParameters } = event.data;
  const parameters = addParameters(started.parameters, customParameters, order);
  return {
    ...definedOnly({
      from: earliest(started.from, from, order),
      to: earliest(started.to, to, order),
      direction: earliest(started.direction, direction, order),
    }),
    parameters,
  };
}

function addParameters(
  known: StartedFacts['parameters'],
  told: Readonly<Record<string, string>> | undefined,
  order: Order,
): StartedFacts['parameters'] {
  if (told === undefined || Object.keys(told).length === 0) return known;
  // By names that come out of a call: without a prototype, `__proto__` is a name like any other.
  const parameters = Object.assign(Object.create(null) as Record<string, Stamped<string>>, known);
  for (const [name, value] of Object.entries(told)) {
    const first = earliest(parameters[name], value, order);
    if (first !== undefined) parameters[name] = first;
  }
  return parameters;
}

function earliest(
  current: Stamped<string> | undefined,
  value: string | undefined,
  order: Order,
): Stamped<string> | undefined {
  if (value === undefined) return current;
  if (current !== undefined && (current.value === '') !== (value === ''))
    return value === '' ? current : { value, order };
  return oldest(current, { value, order });
}

type DefinedOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(fields: T): DefinedOnly<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedOnly<T>;
}
