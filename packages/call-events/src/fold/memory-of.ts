import { type CallEvent } from '../events/call-event.ts';

/** What each event takes, whatever its data: its id in the set of ids, and its place in the lists. */
const EVENT_BYTES = 200;
const OBJECT_BYTES = 56;
const PROPERTY_BYTES = 16;
const ARRAY_BYTES = 48;
const ITEM_BYTES = 8;
const STRING_BYTES = 24;
const NUMBER_BYTES = 12;

/** What the state keeps of a tool call beside its name: the header of the event. */
const TOOL_BYTES = 300;

/**
 * About how many bytes of memory a call's state takes for an event that was folded into it. As objects, JSON takes up to
 * twenty times the bytes of its text (`[{},{},{}]`), so the length of the text is not enough.
 */
export function memoryOf(event: CallEvent): number {
  if (event.type === 'unknown') return EVENT_BYTES;
  if (event.type === 'tool.called') return EVENT_BYTES + TOOL_BYTES + event.data.name.length;
  return EVENT_BYTES + (event.original?.length ?? 0) + memoryOfJson(event.data);
}

/** The same of a JSON value, however deep it is nested. */
function memoryOfJson(json: unknown): number {
  let bytes = 0;
  const rest: unknown[] = [json];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value === 'string') bytes += STRING_BYTES + value.length;
    else if (typeof value === 'number') bytes += NUMBER_BYTES;
    else if (Array.isArray(value)) {
      bytes += ARRAY_BYTES + ITEM_BYTES * value.length;
      for (const item of value) if (item !== undefined) rest.push(item);
    } else if (typeof value === 'object' && value !== null) {
      bytes += OBJECT_BYTES;
      for (const [name, item] of Object.entries(value)) {
        bytes += PROPERTY_BYTES + name.length;
        if (item !== undefined) rest.push(item);
      }
    }
  }
  return bytes;
}
