import { type EventOf } from '../events/call-event.ts';
import { type StartedFacts } from './call-state.ts';
import { oldest, orderOf, type Order, type Stamped } from './order.ts';
import { copyByName, definedOnly } from './records.ts';

/** Adds the facts of a start. The earliest start that has a fact takes precedence; an empty text is the weakest one. */
export function foldStart(started: StartedFacts, event: EventOf<'call.started'>): StartedFacts {
  const order = orderOf(event);
  const { from, to, direction, customParameters } = event.data;
  return definedOnly({
    from: earliest(started.from, from, order),
    to: earliest(started.to, to, order),
    direction: earliest(started.direction, direction, order),
    parameters: addParameters(started.parameters, customParameters, order),
  });
}

function addParameters(
  known: StartedFacts['parameters'],
  told: Readonly<Record<string, string>> | undefined,
  order: Order,
): StartedFacts['parameters'] {
  if (told === undefined || Object.keys(told).length === 0) return known;
  const parameters = copyByName(known);
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
