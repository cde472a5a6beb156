import { z } from 'zod';

/** Why a message was rejected. */
export const agentErrorCode = z.enum([
  'not_json',
  'not_an_object',
  'unknown_event',
  'invalid_message',
  'too_deep',
  'too_large',
  'conflict',
  'call_full',
  'tenant_full',
  'call_erased',
  'overloaded',
  'too_fast',
  'unavailable',
]);

export type AgentErrorCode = z.infer<typeof agentErrorCode>;

/** Why a message was rejected; `message` names the field, and what to do. */
export const agentMessageError = z.object({ code: agentErrorCode, message: z.string() });

export type AgentMessageError = z.infer<typeof agentMessageError>;

const REFUSALS = {
  conflict:
    'a message of this id is stored with other content; send a correction of it with a higher revision, and anything else with an id of its own',
  call_full: 'the call has as many events, or bytes, as one call may have; nothing more is recorded',
  tenant_full: 'the tenant has as many bytes in Redis as it may have; send it again in some minutes',
  call_erased: 'the call was erased; nothing of it is recorded any more',
} as const;

/** Why a valid event is not stored. */
export function refusalOf(reason: keyof typeof REFUSALS): AgentMessageError {
  return { code: reason, message: REFUSALS[reason] };
}

/** The message that an answer is of. */
const answered = {
  revision: z.int().optional().meta({ description: 'As the message has it' }),
};

const stored = {
  status: z.enum(['appended', 'duplicate']),
  seq: z
    .int()
    .optional()
    .meta({ description: "The event's place in the call's log; absent while it is in the spool" }),
  durable: z
    .literal('spool')
    .optional()
    .meta({ description: "Safe on the gateway's disk, and on its way to the log" }),
};

/** The result of one message of a request. */
export const eventResult = z.discriminatedUnion('status', [
  z.object({ id: z.string(), ...answered, ...stored }),
  z.object({ id: z.string(), ...answered, status: z.literal('rejected'), error: agentMessageError }),
]);

export type EventResult = z.infer<typeof eventResult>;

/** The results of the messages of a request, in their order. */
export const eventResults = z.object({ results: z.array(eventResult) });

/** The answers that an agent receives on its socket. `id` is the agent's own, or null. */
export const agentAnswer = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ack'), id: z.string().nullable(), ...answered, ...stored }),
  z.object({ event: z.literal('error'), id: z.string().nullable(), ...answered, error: agentMessageError }),
]);

export type AgentAnswer = z.infer<typeof agentAnswer>;
