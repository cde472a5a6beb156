import { createHash } from 'node:crypto';
import { type NamelessReport } from '@turnlog/exotel';
import { validCallSid } from './stream-request.ts';

const ID_CHARACTERS = 24;

/**
 * The id under which a report of an unknown call is kept: that of its stream, or else a digest of its fields,
 * so that a repeated report is a duplicate. Undefined for a report without fields.
 */
export function unplacedCallSid({ streamSid, raw }: NamelessReport): string | undefined {
  const ofStream = streamSid === undefined ? undefined : validCallSid(`stream-${streamSid}`);
  if (ofStream !== undefined) return ofStream;
  const fields = Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1));
  if (fields.length === 0) return undefined;
  const digest = createHash('sha256').update(JSON.stringify(fields)).digest('hex');
  return `unplaced-${digest.slice(0, ID_CHARACTERS)}`;
}
