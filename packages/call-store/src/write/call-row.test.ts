import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FOLD_VERSION } from '@turnlog/call-events';
import { eventOf, foldEvents, sampleEvents } from '../testing/sample-call.ts';
import { toRow } from './call-row.ts';

const call = { tenant: 'acme', callSid: 'CA1' };

describe('the row of a record', () => {
  it('has JSON as its text, and the hash of the transcript as it is sent', () => {
    const record = foldEvents(call, sampleEvents(call));
    const row = toRow(record);
    expect(row).toMatchObject({ tenant: 'acme', call_sid: 'CA1', version: 7, fold_version: FOLD_VERSION });
    expect(JSON.parse(row.full_transcript.toString())).toEqual(record.transcript);
    expect(row.transcript_sha256).toBe(createHash('sha256').update(row.full_transcript).digest('hex'));
  });

  it('has null for unknown values', () => {
    const row = toRow(foldEvents(call, [eventOf(call, 1, 'call.status_reported', { status: 'no_answer' })]));
    expect(row).toMatchObject({
      status: 'no_answer',
      outcome: null,
      stage: null,
      answered_at: null,
      ended_at: null,
      duration_seconds: null,
      full_transcript: Buffer.from('[]'),
    });
  });
});
