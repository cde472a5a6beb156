import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { eventResults } from '../../domain/agent-answer.ts';
import { agentCallSid } from '../../domain/agent-call-sid.ts';
import { agentMessage } from '../../domain/agent-message.ts';
import { send } from '../answers/answer.ts';
import { unavailableBody } from '../openapi/openapi-schemas.ts';
import { json, problemBody, problemOf, retryLater, type Operation } from '../openapi/operation.ts';
import { admit } from '../server/admit.ts';
import { MAX_REQUEST, type CallEventsEndpoint } from './call-events-endpoint.ts';

/** Adds `POST /v1/calls/:callSid/events`. */
export function addCallEventsRoutes(
  http: FastifyInstance,
  endpoint: CallEventsEndpoint,
  gatekeeper: Gatekeeper,
): void {
  http.post<{ Params: z.infer<typeof params>; Body: Buffer | undefined }>(
    '/v1/calls/:callSid/events',
    {
      schema: operation,
      bodyLimit: MAX_REQUEST.bytes,
      config: { smallerBody: 'send the events in several requests' },
      onRequest: admit((request) => gatekeeper.admitApi(request)),
    },
    async ({ tenant, address, params: { callSid }, body = Buffer.alloc(0) }, reply) =>
      send(reply, await endpoint.answer({ call: { tenant, callSid }, body, address })),
  );
}

const params = z.object({
  callSid: z
    .string()
    .superRefine((text, context) => {
      const sid = agentCallSid(text);
      if (!sid.ok) context.addIssue({ code: 'custom', message: sid.reason });
    })
    .meta({ description: "The carrier's id of the call", minLength: 1, maxLength: 128 }),
});

const operation: Operation = {
  operationId: 'reportEvents',
  summary: 'Report turns and facts of a call',
  description:
    'One message or an array of at most 1,000. A message with an id can be sent any number of times; send those without an answer again, with the same ids.',
  // Without tenants, a gateway serves its own machine without credentials.
  security: [{ tenant: [] }, {}],
  params,
  body: {
    required: true,
    content: {
      'application/json': { schema: z.union([agentMessage, z.array(agentMessage).max(MAX_REQUEST.events)]) },
    },
  },
  response: {
    202: json('All of it is durable', eventResults),
    207: json('Part of it is durable; the other messages have the status `rejected`', eventResults),
    400: problemOf('Not JSON, or not a call sid'),
    401: problemOf('No tenant has this secret'),
    403: problemOf('A web page, or from another machine or a proxy while there is no tenant'),
    405: problemOf('Not a POST'),
    413: problemOf('Too large, or too many messages'),
    415: problemOf('The body is compressed'),
    422: json('Every message was rejected for its content', eventResults),
    429: retryLater(
      json(
        'Too many events or bytes a second, or more than the tenant may send in an hour',
        z.union([problemBody, eventResults]),
      ),
    ),
    503: retryLater(json('Nothing could be stored right now', z.union([unavailableBody, problemBody]))),
  },
};
