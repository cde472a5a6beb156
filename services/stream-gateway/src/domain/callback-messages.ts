import { z } from 'zod';

const time = z
  .string()
  .meta({ description: '`2026-01-25 16:46:12`, in CARRIER_UTC_OFFSET where it names no zone' });
const text = z.string().optional();

/**
 * The known fields of a StatusCallback; all other fields are kept as well. Only `CallSid` is required. Spellings
 * that were seen besides these (`Sid`, `CallStatus`, bracketed and nested fields) are read, too.
 */
export const statusCallback = z.looseObject({
  CallSid: z.string().min(1).max(128),
  Status: text,
  EventType: text.meta({ description: '`terminal`, `answered` or `ringing`' }),
  DateCreated: time.optional(),
  DateUpdated: time.optional(),
  StartTime: time.optional(),
  EndTime: time.optional(),
  From: text,
  To: text,
  Direction: text,
  ConversationDuration: z.union([z.string(), z.number()]).optional().meta({ description: 'Seconds' }),
  RecordingUrl: z.string().nullable().optional(),
  CustomField: text,
});

/** The known fields of a Passthru applet behind a stream, as `Stream[Status]`, as an object, as its JSON text, or flat. */
export const passthru = z.looseObject({
  CallSid: text.meta({ description: 'Without it, the call is found by the StreamSID' }),
  CallFrom: text,
  CallTo: text,
  Direction: text,
  CallType: text,
  CurrentTime: time.optional(),
  Stream: z
    .union([
      z.string(),
      z.looseObject({
        StreamSID: text,
        Status: text,
        Duration: text,
        RecordingUrl: text,
        DisconnectedBy: text,
        Error: text,
        DetailedStatus: text,
      }),
    ])
    .optional(),
});

/**
 * The answer to a callback that is durable. A Passthru that is kept and belongs to no known call is `unplaced`; one
 * that is `refused` is not kept, and sending it again would change nothing.
 */
export const callbackAnswer = z.object({
  status: z.enum(['recorded', 'duplicate', 'unplaced', 'refused']),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

export type CallbackAnswer = z.infer<typeof callbackAnswer>;
