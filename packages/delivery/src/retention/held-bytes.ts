import { type NewEvent } from '@turnlog/call-log';

/** What stands around the text of an event: its header, its id, and what a gateway notes of it. */
const OVERHEAD_BYTES = 512;

/**
 * The memory that an event takes while it is held. A text of ASCII takes a byte a character; any other one may take two, in
 * whatever way it would be written in UTF-8.
 */
export function heldBytesOf({ text, bytes }: Pick<NewEvent, 'text' | 'bytes'>): number {
  return OVERHEAD_BYTES + (bytes === text.length ? bytes : 2 * text.length);
}
