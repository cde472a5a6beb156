import { type EncodedEvent } from '@turnlog/call-events';

/** The objects around the text of an event. */
const OVERHEAD_BYTES = 512;

/** The memory that an event takes: V8 stores an ASCII text with one byte a character, and any other with two. */
export function heldBytesOf({ text, bytes }: Pick<EncodedEvent, 'text' | 'bytes'>): number {
  return OVERHEAD_BYTES + (bytes === text.length ? bytes : 2 * text.length);
}
