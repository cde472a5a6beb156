import { idOf } from '../wire/fields.ts';
import { type CallbackFields } from './callback-fields.ts';
import { reportOn, type ReadReport } from './carrier-report.ts';
import { parseCarrierTime } from './carrier-time.ts';
import { definedOnly, firstOf, webUrlOf, wordOf } from './read-values.ts';
import { isOfLeg, legOf } from './leg-of.ts';

const CALLER_WORDS = new Set(['user', 'caller']);

/**
 * Reads the report of a Passthru applet after a Voicebot or Stream applet
 * (https://support.exotel.com/support/solutions/articles/3000132269): the result of the stream, as
 * `Stream[…]`, as `Stream={…}` or flat. It concerns the stream: the call goes on to the next applet, unless
 * the caller hung up.
 */
export function readPassthru(fields: CallbackFields, utcOffsetMinutes: number): ReadReport {
  const told = <T>(read: (text: string | undefined) => T | undefined, ...names: string[]) =>
    firstOf(fields, names, read);
  const time = (text: string | undefined) => parseCarrierTime(text, utcOffsetMinutes);
  const isStream = !isOfLeg(fields);
  const ofStream = (name: string) => told(wordOf, `Stream.${name}`, ...(isStream ? [name] : []));
  const disconnectedBy = ofStream('DisconnectedBy')?.toLowerCase();
  const hasCallerLeft =
    CALLER_WORDS.has(disconnectedBy ?? '') ||
    (isStream && fields.get('CallType')?.toLowerCase() === 'client-hangup');
  const streamStatus = ofStream('Status')?.toLowerCase();
  return reportOn(told(idOf, 'CallSid', 'Sid'), {
    status: hasCallerLeft ? 'completed' : 'in_progress',
    raw: fields.raw,
    ...(!isStream && { subject: 'leg' as const }),
    ...definedOnly({
      reportedAt: told(time, 'CurrentTime'),
      eventType: wordOf(fields.get('EventType')),
      from: told(wordOf, 'CallFrom', ...(isStream ? ['From'] : [])),
      to: told(wordOf, 'CallTo', ...(isStream ? ['To'] : [])),
      direction: told(wordOf, 'Direction'),
      initiatedAt: told(time, 'StartTime', 'Created'),
      recordingUrl: told(webUrlOf, 'Stream.RecordingUrl', 'RecordingUrl'),
      disconnectedBy,
      error: errorOf(streamStatus, ofStream('Error'), ofStream('DetailedStatus')),
      customField: told(wordOf, 'CustomField'),
      leg: legOf(fields),
      streamSid: told(idOf, 'Stream.StreamSID', 'StreamSID'),
      streamStatus,
    }),
  });
}

/** If status and error disagree, Exotel's guide trusts the error. */
function errorOf(
  status: string | undefined,
  error: string | undefined,
  detailedStatus: string | undefined,
): string | undefined {
  if (status !== 'failed' && error === undefined) return undefined;
  const told = [error, detailedStatus].filter((part) => part !== undefined);
  return told.length > 0 ? told.join(': ') : 'stream failed';
}
