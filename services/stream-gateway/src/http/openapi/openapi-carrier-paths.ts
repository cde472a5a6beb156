import { type PathItem } from './openapi-document.ts';
import { jsonResponse, RETRY_AFTER } from './openapi-responses.ts';
import { schemaRef, type JsonSchema } from './openapi-schemas.ts';

const REFUSED_BODIES = {
  '413': jsonResponse('Larger than 64 KiB', schemaRef('Problem')),
  '415': jsonResponse('The body is compressed', schemaRef('Problem')),
};

/** What the carrier asks and tells over HTTP. */
export const openApiCarrierPaths: Readonly<Record<string, PathItem>> = {
  '/exotel/url': { get: streamUrl('getStreamUrl'), post: streamUrl('postStreamUrl') },
  '/webhooks/exotel/status/{secret}': callbacks('StatusCallback', 'What became of a call'),
  '/webhooks/exotel/passthru/{secret}': callbacks(
    'Passthru',
    'What became of a stream, from the applet behind it. A caller waits for the answer: what a repeat can not cure is answered 200 as well',
  ),
};

function streamUrl(operationId: string): JsonSchema {
  return {
    operationId,
    summary: 'Where to stream one call to: for an applet that is given an https URL',
    description:
      'Asked with the credentials of a stream. The URL is good for one stream, within STREAM_TOKEN_MS; where the query or the body names a `CallSid`, for that call alone. Parameters of the query become those of the stream, but for what the carrier itself says of the call and what is named like a secret.',
    // An address of the tenant will do, and without tenants, a gateway on loopback asks for nothing.
    security: [{ stream: [] }, {}],
    responses: {
      '200': jsonResponse('The URL', schemaRef('StreamUrl')),
      '401': jsonResponse('No credentials, or none that are valid now', schemaRef('Problem')),
      '403': jsonResponse(
        'A web page, or handed on by a proxy while there is no tenant',
        schemaRef('Problem'),
      ),
      ...REFUSED_BODIES,
      '501': jsonResponse('PUBLIC_URL is not set', schemaRef('Problem')),
      '503': jsonResponse('No URL can be given right now', schemaRef('Problem'), RETRY_AFTER),
    },
  };
}

function callbacks(schema: 'StatusCallback' | 'Passthru', summary: string): PathItem {
  // A Passthru that can't be taken is told so with a 200.
  const refusals = {
    '400': jsonResponse('No callback, or of no call', schemaRef('Problem')),
    ...REFUSED_BODIES,
    '422': jsonResponse('The call has as many events as one may have, or was erased', schemaRef('Problem')),
  };
  const operation = {
    parameters: [
      {
        name: 'secret',
        in: 'path',
        required: true,
        description: "The tenant's webhook secret",
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': jsonResponse('What it says is durable', schemaRef('CallbackAnswer')),
      ...(schema === 'StatusCallback' && refusals),
      '404': jsonResponse(
        'No such secret, or not from an address of WEBHOOK_ADDRESSES',
        schemaRef('Problem'),
      ),
      '503': jsonResponse('It can not be stored right now', schemaRef('Problem'), RETRY_AFTER),
    },
  };
  const body = { schema: schemaRef(schema) };
  const content = Object.fromEntries(
    ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'].map((type) => [
      type,
      body,
    ]),
  );
  return {
    get: { operationId: `get${schema}`, summary, description: 'The fields are in the query.', ...operation },
    post: { operationId: `post${schema}`, summary, requestBody: { content }, ...operation },
  };
}
