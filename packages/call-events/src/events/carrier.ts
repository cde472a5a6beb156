import { z } from 'zod';
import { beyond } from './dialogue.ts';
import { moment } from './envelope.ts';

/** The statuses of a call's row. */
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

/** An amount of money as the carrier writes it; not a number, which could be rounded. */
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

/** What the carrier reports, and consents. */
export const carrierEvents = {
  /** The carrier reported on the call outside the stream. */
  'call.status_reported': z.object({
    status: callStatus,
    /** The report has no known status: this one follows from the end of the call. A named one outweighs it. */
    assumed: z.boolean().optional(),
    /** The carrier's word, if it is not a known one. */
    statusWord: z.string().optional(),
    /** The report is about another leg, and not about the call's own status. */
    subject: z.literal('leg').optional(),
    leg: reportedLeg.optional(),
    /** The carrier was asked and this is its answer. It outweighs every other report. */
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
    /** The caller's own reference from when the call was placed. */
    customField: z.string().optional(),
    /** The stream that a report at its end is about. */
    streamSid: z.string().optional(),
    streamStatus: z.string().optional(),
    /** What the carrier sent, field by field; its times have no zone. */
    raw: z.record(z.string(), z.string()).optional(),
  }),

  /** The call's recording can be fetched. */
  'recording.available': z.object({ url: z.string() }),

  /** The caller was informed about the recording, or agreed to it. */
  'consent.recorded': z.object({
    statement: z.string(),
    given: z.boolean(),
    purpose: z.string().optional(),
    statementVersion: z.string().optional(),
    ...beyond,
  }),
};
