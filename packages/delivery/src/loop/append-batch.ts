import { type EncodedEvent } from '@turnlog/call-events';
import { type AppendResult } from '@turnlog/call-log';

/** The most that one append takes: Redis does nothing else meanwhile. */
const MAX_EVENTS = 200;
const MAX_BYTES = 1024 * 1024;

/** The first events for one append, at least one, and of the same kind as the first. */
export function takeBatch<E extends EncodedEvent>(
  events: Iterable<E>,
  isSameKind: (a: E, b: E) => boolean = () => true,
): E[] {
  const batch: E[] = [];
  let bytes = 0;
  for (const event of events) {
    const [first] = batch;
    bytes += event.bytes;
    const isFull = batch.length === MAX_EVENTS || bytes > MAX_BYTES;
    if (first !== undefined && (isFull || !isSameKind(first, event))) break;
    batch.push(event);
  }
  return batch;
}

/** Nothing of the call may be stored any more. */
export function isErased(result: AppendResult): boolean {
  return result.status === 'refused' && result.reason === 'call_erased';
}
