import { type FastifySchema } from 'fastify';
import { z } from 'zod';

type Content = Readonly<Record<string, { readonly schema: z.ZodType }>>;

/** The schema of a route, in zod's terms: the OpenAPI document is made from it. */
export interface Operation extends FastifySchema {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Alternatives; `{}` means without credentials. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** The parameters of the path. They are checked. */
  readonly params?: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  /** For the document only: endpoints read their bodies themselves. */
  readonly body?: { readonly required?: boolean; readonly content: Content };
  readonly response: Readonly<Record<number, OperationResponse>>;
}

/** One answer of a route. */
export interface OperationResponse {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, object>>;
}

/** The body of an answer with an error. */
export const problemBody = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});

/** Any JSON object. */
export const anyJson: Content = { 'application/json': { schema: z.looseObject({}) } };

/** A response with a JSON body. */
export function json(description: string, schema: z.ZodType): OperationResponse {
  return { description, content: { 'application/json': { schema } } };
}

/** A response that names a problem. */
export function problemOf(description: string): OperationResponse {
  return json(description, problemBody);
}

/** The same, with the header `Retry-After`. */
export function retryLater(response: OperationResponse): OperationResponse {
  const header = { description: 'After how many seconds to send it again', schema: { type: 'integer' } };
  return { ...response, headers: { 'Retry-After': header } };
}
