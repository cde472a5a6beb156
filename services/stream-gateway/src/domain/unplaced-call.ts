import { createHash } from 'node:crypto';
import { type NamelessReport } from '@turnlog/exotel';
import { validCallSid } from './stream-request.ts';

const ID_CHARACTERS = 24;

/**
 * Under which id a report is kept that no call is known for: that of its stream, else one that follows from what it says,
 * so that a repeat is one. Undefined where it says nothing at all.
 */
export function unplacedCallSid({ streamSid, raw }: NamelessReport): string | undefined {
  const ofStream = streamSid === undefined ? undefined : validCallSid(`stream-${streamSid}`);
  if (ofStream !== undefined) return ofStream;
  const fields = Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1));
  if (fields.length === 0) return undefined;
  const digest = createHash('sha256').update(JSON.stringify(fields)).digest('hex');
  return `unplaced-${digest.slice(0, ID_CHARACTERS)}`;
}
