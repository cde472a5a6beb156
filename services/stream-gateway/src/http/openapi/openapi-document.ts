import { jsonResponse, RETRY_AFTER } from './openapi-responses.ts';
import { openApiSchemas, schemaRef, type JsonSchema } from './openapi-schemas.ts';
import { openApiCarrierPaths } from './openapi-carrier-paths.ts';
import { openApiOpsPaths } from './openapi-ops-paths.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: JsonSchema;
  };
}

/** The operations of a path, by their HTTP method. */
export type PathItem = Readonly<Record<string, JsonSchema>>;

/** What the gateway answers, path by path. */
export function openApiDocument(streamPaths: readonly string[]): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Turnlog stream-gateway',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        "Takes Exotel's streams and callbacks, and what voice agents report of their calls. docs/events.md tells it in words.",
    },
    paths: {
      '/v1/calls/{callSid}/events': callEvents,
      ...Object.fromEntries(streamPaths.map((path) => [path, stream(path)])),
      ...openApiCarrierPaths,
      ...openApiOpsPaths,
    },
    components: {
      schemas: openApiSchemas(),
      securitySchemes: {
        tenant: { type: 'http', scheme: 'bearer', description: "A tenant's API secret" },
        stream: { type: 'http', scheme: 'basic', description: "A tenant's stream secret, as the password" },
      },
    },
  };
}

/** The endpoints of a document, such as `GET /healthz`. */
export function endpointsOf({ paths }: OpenApiDocument): string[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

const callEvents: PathItem = {
  post: {
    operationId: 'reportEvents',
    summary: 'Report what was said and found out in a call',
    description:
      'One message or an array of at most 1,000. A message with an id can be sent any number of times; send again, with the same ids, whatever was not answered.',
    // Without tenants, a gateway on loopback asks for none.
    security: [{ tenant: [] }, {}],
    parameters: [
      {
        name: 'callSid',
        in: 'path',
        required: true,
        description: "The carrier's id of the call",
        schema: { type: 'string', minLength: 1, maxLength: 128 },
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            anyOf: [
              schemaRef('AgentMessage'),
              { type: 'array', maxItems: 1000, items: schemaRef('AgentMessage') },
            ],
          },
        },
      },
    },
    responses: {
      '202': jsonResponse('All of it is durable', schemaRef('EventResults')),
      '207': jsonResponse(
        'Part of it is durable: what is not has the status `rejected`',
        schemaRef('EventResults'),
      ),
      '400': jsonResponse('Not JSON, or not a call sid', schemaRef('Problem')),
      '401': jsonResponse('No tenant has this secret', schemaRef('Problem')),
      '403': jsonResponse(
        'A web page, or handed on by a proxy while there is no tenant',
        schemaRef('Problem'),
      ),
      '405': jsonResponse('Not a POST', schemaRef('Problem')),
      '413': jsonResponse('Too large, or too many messages', schemaRef('Problem')),
      '415': jsonResponse('The body is compressed', schemaRef('Problem')),
      '422': jsonResponse('Every message was rejected for what it is', schemaRef('EventResults')),
      '429': jsonResponse(
        'Too many events or bytes a second, or more than the tenant may bring in an hour',
        { anyOf: [schemaRef('Problem'), schemaRef('EventResults')] },
        RETRY_AFTER,
      ),
      '503': jsonResponse(
        'Nothing could be stored right now',
        { anyOf: [schemaRef('Unavailable'), schemaRef('Problem')] },
        RETRY_AFTER,
      ),
    },
  },
};

function stream(path: string): PathItem {
  return {
    get: {
      operationId: `stream${path.replace(/\W+(\w)/g, (_match, letter: string) => letter.toUpperCase())}`,
      summary: "Exotel's stream of a call, as a WebSocket",
      responses: {
        '101': { description: 'The WebSocket' },
        '401': jsonResponse('No credentials, or none that are valid now', schemaRef('Problem')),
        '403': jsonResponse(
          'A web page, or handed on by a proxy while there is no tenant',
          schemaRef('Problem'),
        ),
        '426': jsonResponse('Not a WebSocket handshake', schemaRef('Problem')),
        '503': jsonResponse('No more streams are taken right now', schemaRef('Problem'), RETRY_AFTER),
      },
    },
  };
}
