import { z } from 'zod';
import { beyond } from './dialogue.ts';
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

/** An amount of money as the carrier writes it; not a number, so that nothing of it is rounded away. */
const decimalAmount = z
  .string()
  .regex(/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,12})?$/, 'an amount is written like 1.250000');

/** Another leg of the call, such as the phone of a colleague whom an applet dials. */
const reportedLeg = z.object({
  number: z.string().optional(),
  /** The carrier's word. */
  status: z.string().optional(),
  agent: z.string().optional(),
  durationSeconds: z.number().optional(),
});

/** The carrier reported on the call outside the stream. */
export const callStatusReported = z.object({
  status: callStatus,
  /** No status was named that is known: this one follows from that the call is over. Any that was named outweighs it. */
  assumed: z.boolean().optional(),
  /** The carrier's word, where it is none of the known ones. */
  statusWord: z.string().optional(),
  /** The report is about another leg, and says nothing of the call's own status. */
  subject: z.literal('leg').optional(),
  leg: reportedLeg.optional(),
  /** The carrier was asked and this is its answer. It outweighs every report that merely came in. */
  confirmed: z.boolean().optional(),
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
  /** Why the call failed, in the carrier's word, such as `NETWORK_ERROR`. */
  cause: z.string().optional(),
  price: decimalAmount.optional(),
  /** Of the price: three letters. */
  currency: z.string().optional(),
  /** What was given along when the call was placed. */
  customField: z.string().optional(),
  /** The stream that a report at its end is about. */
  streamSid: z.string().optional(),
  streamStatus: z.string().optional(),
  /** What the carrier sent, field by field, as it was written: times are without a zone there. */
  raw: z.record(z.string(), z.string()).optional(),
});

/** The call's recording can be fetched. */
export const recordingAvailable = z.object({ url: z.string() });

/** The caller was told of the recording, or agreed to it. */
export const consentRecorded = z.object({
  statement: z.string(),
  given: z.boolean(),
  purpose: z.string().optional(),
  statementVersion: z.string().optional(),
  ...beyond,
});
