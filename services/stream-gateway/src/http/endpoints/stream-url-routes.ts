import { type FastifyPluginCallback, type FastifyReply, type FastifyRequest } from 'fastify';
import { streamUrlAnswer } from '../../domain/stream-url-answer.ts';
import { send } from '../answers/answer.ts';
import { json, problemOf, retryLater, type Operation } from '../openapi/operation.ts';
import { admit } from '../server/admit.ts';
import { answerStreamUrl, type StreamUrlOptions } from './stream-url-endpoint.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** `GET` and `POST /exotel/url`. */
export function streamUrlRoutes(options: StreamUrlOptions): FastifyPluginCallback {
  const handler = async (request: FastifyRequest<{ Body: Buffer | undefined }>, reply: FastifyReply) => {
    const query = request.url.split('?', 2)[1] ?? '';
    const body = request.body ?? Buffer.alloc(0);
    return send(reply, await answerStreamUrl(options, { tenant: request.tenant, query, body }));
  };
  return (http, _options, done) => {
    for (const method of ['GET', 'POST'] as const) {
      http.route({
        method,
        url: '/exotel/url',
        schema: { ...operation, operationId: `${method.toLowerCase()}StreamUrl` },
        bodyLimit: MAX_BODY_BYTES,
        config: { smallerBody: 'send the fields of one call' },
        onRequest: admit((request) => options.gatekeeper.admitUrlRequest(request)),
        handler,
      });
    }
    done();
  };
}

const operation: Omit<Operation, 'operationId'> = {
  summary: 'Where to stream one call to: for an applet that is given an https URL',
  description:
    'Asked with the credentials of a stream. The URL is good for one stream, within STREAM_TOKEN_MS; where the query or the body names a `CallSid`, for that call alone. Parameters of the query become those of the stream, but for what the carrier itself says of the call and what is named like a secret.',
  // An address of the tenant will do, and without tenants a gateway serves its own machine without credentials.
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
};
