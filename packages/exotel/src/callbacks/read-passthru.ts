import { idOf } from '../wire/fields.ts';
import { type CallbackFields } from './callback-fields.ts';
import { type CarrierReport, type ReadReport } from './carrier-report.ts';
import { parseCarrierTime } from './carrier-time.ts';
import { definedOnly } from './defined-only.ts';
import { webUrlOf, wordOf } from './read-values.ts';

const CALLER_WORDS = new Set(['user', 'caller']);

/**
 * Reads what a Passthru applet behind a Voicebot or Stream applet sends
 * (https://support.exotel.com/support/solutions/articles/3000132269): what became of the stream, as `Stream[…]`, as
 * `Stream={…}` or flat. It is about the stream: the call goes on to the next applet, unless the caller hung up.
 */
export function readPassthru(fields: CallbackFields, utcOffsetMinutes: number): ReadReport {
  const callSid = idOf(fields.get('CallSid', 'Sid'));
  if (callSid === undefined) return { ok: false, problem: 'no_call_sid' };
  const time = (...names: string[]) => parseCarrierTime(fields.get(...names), utcOffsetMinutes);
  const ofStream = (name: string) => wordOf(fields.get(`Stream.${name}`, name));
  const disconnectedBy = ofStream('DisconnectedBy')?.toLowerCase();
  const hasCallerLeft =
    CALLER_WORDS.has(disconnectedBy ?? '') || fields.get('CallType')?.toLowerCase() === 'client-hangup';
  const streamStatus = ofStream('Status')?.toLowerCase();
  const report: CarrierReport = {
    callSid,
    status: hasCallerLeft ? 'completed' : 'in_progress',
    raw: fields.raw,
    ...definedOnly({
      reportedAt: time('CurrentTime'),
      eventType: wordOf(fields.get('EventType')),
      from: wordOf(fields.get('CallFrom', 'From')),
      to: wordOf(fields.get('CallTo', 'To')),
      direction: wordOf(fields.get('Direction')),
      initiatedAt: time('StartTime', 'Created'),
      recordingUrl: webUrlOf(fields.get('Stream.RecordingUrl', 'RecordingUrl')),
      disconnectedBy,
      error: errorOf(streamStatus, ofStream('Error'), ofStream('DetailedStatus')),
      streamSid: idOf(fields.get('Stream.StreamSID', 'StreamSID')),
      streamStatus,
    }),
  };
  return { ok: true, report };
}

/** Where status and error disagree, Exotel's guide says to trust the error. */
function errorOf(
  status: string | undefined,
  error: string | undefined,
  detailedStatus: string | undefined,
): string | undefined {
  if (status !== 'failed' && error === undefined) return undefined;
  const told = [error, detailedStatus].filter((part) => part !== undefined);
  return told.length > 0 ? told.join(': ') : 'stream failed';
}
