import { type FastifyPluginCallback } from 'fastify';
import { type IncomingMessage } from 'node:http';
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

export interface CallEventsRoutesOptions {
  readonly endpoint: CallEventsEndpoint;
  readonly gatekeeper: Pick<Gatekeeper, 'admitApi'>;
  /** The client's address, as far as it can be trusted. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
}

/** `POST /v1/calls/:callSid/events`. */
export function callEventsRoutes(options: CallEventsRoutesOptions): FastifyPluginCallback {
  const { endpoint, gatekeeper, addressOf } = options;
  return (http, _options, done) => {
    http.post<{ Params: z.infer<typeof params>; Body: Buffer | undefined }>(
      '/v1/calls/:callSid/events',
      {
        schema: operation,
        bodyLimit: MAX_REQUEST.bytes,
        config: { smallerBody: 'send the events in several requests' },
        onRequest: admit((request) => gatekeeper.admitApi(request)),
      },
      async (request, reply) => {
        const call = { tenant: request.tenant, callSid: request.params.callSid };
        const body = request.body ?? Buffer.alloc(0);
        return send(reply, await endpoint.answer({ call, body, address: addressOf(request.raw) }));
      },
    );
    done();
  };
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
  summary: 'Report what was said and found out in a call',
  description:
    'One message or an array of at most 1,000. A message with an id can be sent any number of times; send again, with the same ids, whatever was not answered.',
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
    207: json('Part of it is durable: what is not has the status `rejected`', eventResults),
    400: problemOf('Not JSON, or not a call sid'),
    401: problemOf('No tenant has this secret'),
    403: problemOf('A web page, or from another machine or a proxy while there is no tenant'),
    405: problemOf('Not a POST'),
    413: problemOf('Too large, or too many messages'),
    415: problemOf('The body is compressed'),
    422: json('Every message was rejected for what it is', eventResults),
    429: retryLater(
      json(
        'Too many events or bytes a second, or more than the tenant may bring in an hour',
        z.union([problemBody, eventResults]),
      ),
    ),
    503: retryLater(json('Nothing could be stored right now', z.union([unavailableBody, problemBody]))),
  },
};
