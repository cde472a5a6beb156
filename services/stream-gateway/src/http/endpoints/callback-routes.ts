import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { callbackAnswer, passthru, statusCallback } from '../../domain/callback-messages.ts';
import { send } from '../answers/answer.ts';
import { requestProblem } from '../answers/request-problem.ts';
import { json, problemOf, retryLater, type Operation } from '../openapi/operation.ts';
import { type CallbackKind, type CallbacksEndpoint } from './callbacks-endpoint.ts';

/** `/webhooks/exotel/status/<secret>`: the path begins with a slash. */
const SECRET_SEGMENT = 4;
const MAX_BODY_BYTES = 64 * 1024;

/** Adds `GET` and `POST` of `/webhooks/exotel/status/:secret` and `/webhooks/exotel/passthru/:secret`. */
export function addCallbackRoutes(http: FastifyInstance, endpoint: CallbacksEndpoint): void {
  for (const kind of ['status', 'passthru'] as const)
    for (const method of ['GET', 'POST'] as const) addRoute(http, endpoint, kind, method);
}

function addRoute(
  http: FastifyInstance,
  endpoint: CallbacksEndpoint,
  kind: CallbackKind,
  method: 'GET' | 'POST',
): void {
  http.route<{ Body: Buffer | undefined }>({
    method,
    url: `/webhooks/exotel/${kind}/:secret`,
    schema: operationOf(kind, method),
    bodyLimit: MAX_BODY_BYTES,
    config: { smallerBody: 'a callback of Exotel is a fraction of that' },
    onRequest: (request, reply, next) => {
      const tenant = endpoint.admit(kind, secretIn(request.url), request.raw);
      if (typeof tenant !== 'string') return void send(reply, tenant);
      request.tenant = tenant;
      next();
    },
    handler: async ({ url, raw, tenant, body = Buffer.alloc(0) }, reply) => {
      const query = url.replace(/^[^?]*\??/, '');
      const callback = { query, contentType: raw.headers['content-type'], body };
      return send(reply, await endpoint.answer(kind, tenant, callback));
    },
    errorHandler: (error, request, reply) => {
      const found = requestProblem(error, request);
      if (found === undefined) throw error;
      send(reply, endpoint.refuse(kind, found));
    },
  });
}

/** As the path has it: a percent-encoded secret is not the address that was given out. */
function secretIn(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.split('/')[SECRET_SEGMENT] ?? '';
}

const DESCRIPTIONS = {
  status: { name: 'StatusCallback', fields: statusCallback, summary: 'The outcome of a call' },
  passthru: {
    name: 'Passthru',
    fields: passthru,
    summary:
      'The outcome of a stream, from the applet behind it. A caller waits for the answer, so a refusal that a repeat would not change is answered 200 as well',
  },
};

function operationOf(kind: CallbackKind, method: 'GET' | 'POST'): Operation {
  const { name, fields, summary } = DESCRIPTIONS[kind];
  const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];
  return {
    operationId: `${method.toLowerCase()}${name}`,
    summary,
    ...(method === 'GET'
      ? { description: 'The fields are in the query.' }
      : { body: { content: Object.fromEntries(types.map((type) => [type, { schema: fields }])) } }),
    params: z.object({ secret: z.string().meta({ description: "The tenant's webhook secret" }) }),
    response: {
      200: json('The report is durable', callbackAnswer),
      // A Passthru that is refused is answered 200 as well.
      ...(kind === 'status' && {
        400: problemOf('Not a callback, or it does not name a call'),
        413: problemOf('Larger than 64 KiB'),
        415: problemOf('The body is compressed'),
        422: problemOf('The call has as many events as one may have, or was erased'),
      }),
      404: problemOf('Unknown secret, or not from an address of WEBHOOK_ADDRESSES'),
      503: retryLater(problemOf('It can not be stored right now')),
    },
  };
}
