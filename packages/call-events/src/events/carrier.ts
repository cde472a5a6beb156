import { z } from 'zod';
import { moment } from './envelope.ts';

/** What a call's row may say of it. */
export const callStatus = z.enum([
  'initiated',
  'ringing',
  'in_progress',
  'completed',
  'failed',
  'no_answer',
  'busy',
  'canceled',
]);

/** The carrier reported on the call outside the stream. */
export const callStatusReported = z.object({
  status: callStatus,
  eventType: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  direction: z.string().optional(),
  initiatedAt: moment.optional(),
  answeredAt: moment.optional(),
  endedAt: moment.optional(),
  durationSeconds: z.number().optional(),
  recordingUrl: z.string().optional(),
  disconnectedBy: z.string().optional(),
  error: z.string().optional(),
});

/** The call's recording can be fetched. */
export const recordingAvailable = z.object({ url: z.string() });

/** The caller was told of the recording, or agreed to it. */
export const consentRecorded = z.object({
  statement: z.string(),
  given: z.boolean(),
  purpose: z.string().optional(),
  statementVersion: z.string().optional(),
});
