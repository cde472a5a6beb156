import { type RouteOptions } from 'fastify';
import { type z } from 'zod';
import { openApiSchemas, toJsonSchema, type JsonSchema } from './openapi-schemas.ts';
import { type Operation, type OperationResponse } from './operation.ts';

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

/** Describes the gateway's paths, from the schemas of its routes. */
export function openApiDocument(routes: readonly RouteOptions[]): OpenApiDocument {
  const paths: Record<string, PathItem> = {};
  for (const { method, url, schema } of routes) {
    const path = url.replace(/:(\w+)/g, '{$1}');
    const operation = operationOf(schema as Operation);
    paths[path] = { ...paths[path], [String(method).toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Turnlog stream-gateway',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        "Takes Exotel's streams and callbacks, and voice agents' reports of their calls. docs/events.md explains it.",
    },
    paths,
    components: {
      schemas: openApiSchemas(),
      securitySchemes: {
        tenant: { type: 'http', scheme: 'bearer', description: "A tenant's API secret" },
        stream: { type: 'http', scheme: 'basic', description: "A tenant's stream secret, as the password" },
      },
    },
  };
}

/** The endpoints of a document, such as `GET /media`. */
export function endpointsOf({ paths }: OpenApiDocument): string[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function operationOf({ params, body, response, ...texts }: Operation): JsonSchema {
  return {
    ...texts,
    ...(params && {
      parameters: Object.entries(params.shape).map(([name, schema]) => parameter(name, schema)),
    }),
    ...(body && { requestBody: { ...body, content: contentOf(body.content) } }),
    responses: Object.fromEntries(
      Object.entries(response).map(([status, { content, ...rest }]) => [
        status,
        { ...rest, ...(content && { content: contentOf(content) }) },
      ]),
    ),
  };
}

function parameter(name: string, schema: z.core.$ZodType): JsonSchema {
  const { description, ...json } = toJsonSchema(schema);
  return { name, in: 'path', required: true, description, schema: json };
}

function contentOf(content: NonNullable<OperationResponse['content']>): JsonSchema {
  const entries = Object.entries(content);
  return Object.fromEntries(entries.map(([type, { schema }]) => [type, { schema: toJsonSchema(schema) }]));
}
