import { type FastifyInstance } from 'fastify';
import { streamUrlAnswer } from '../../domain/stream-url-answer.ts';
import { send } from '../answers/answer.ts';
import { json, problemOf, retryLater, type Operation } from '../openapi/operation.ts';
import { admit } from '../server/admit.ts';
import { answerStreamUrl, type StreamUrlOptions } from './stream-url-endpoint.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** Adds `GET` and `POST /exotel/url`. */
export function addStreamUrlRoutes(http: FastifyInstance, options: StreamUrlOptions): void {
  for (const method of ['GET', 'POST'] as const)
    http.route<{ Body: Buffer | undefined }>({
      method,
      url: '/exotel/url',
      schema: operationOf(method),
      bodyLimit: MAX_BODY_BYTES,
      config: { smallerBody: 'send the fields of one call' },
      onRequest: admit((request) => options.gatekeeper.admitUrlRequest(request)),
      handler: async ({ tenant, url, body = Buffer.alloc(0) }, reply) =>
        send(reply, await answerStreamUrl(options, { tenant, query: url.split('?', 2)[1] ?? '', body })),
    });
}

const operationOf = (method: string): Operation => ({
  operationId: `${method.toLowerCase()}StreamUrl`,
  summary: 'Returns the URL for the stream of one call, for an applet with an https URL',
  description:
    'Requires the credentials of a stream. The URL is good for one stream within STREAM_TOKEN_MS, and only for the call whose `CallSid` is in the query or the body. Parameters of the query become parameters of the stream, except the fields of the carrier and those that are named like secrets.',
  // An address of the tenant is enough, and without tenants a gateway serves its own machine without credentials.
  security: [{ stream: [] }, {}],
  response: {
    200: json('The URL', streamUrlAnswer),
    401: problemOf('No credentials, or none that are valid now'),
    403: problemOf('A web page, or from another machine or a proxy while there is no tenant'),
    413: problemOf('Larger than 64 KiB'),
    415: problemOf('The body is compressed'),
    501: problemOf('PUBLIC_URL is not set'),
    503: retryLater(problemOf('No URL can be given right now')),
  },
});
