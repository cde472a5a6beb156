import { type JsonSchema } from './openapi-schemas.ts';

/** The header that says when to send it again. */
export const RETRY_AFTER = {
  'Retry-After': { description: 'After how many seconds to send it again', schema: { type: 'integer' } },
};

/** A response with a JSON body. */
export function jsonResponse(description: string, schema: JsonSchema, headers?: JsonSchema): JsonSchema {
  return { description, content: { 'application/json': { schema } }, ...(headers && { headers }) };
}
