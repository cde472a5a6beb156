import { type FastifySchema } from 'fastify';
import { z } from 'zod';

type Content = Readonly<Record<string, { readonly schema: z.ZodType }>>;

/** What a route says of itself, in zod's schemas: the OpenAPI document is made of it. */
export interface Operation extends FastifySchema {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Each is enough; `{}` is none. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** The parameters of the path, which are checked. */
  readonly params?: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  /** For readers only: an endpoint reads its messages itself, one by one. */
  readonly body?: { readonly required?: boolean; readonly content: Content };
  readonly response: Readonly<Record<number, OperationResponse>>;
}

/** One answer of a route. */
export interface OperationResponse {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, object>>;
}

/** The body of every answer that says what went wrong before, or with, all messages of a request. */
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

/** The same, with the header that says when to send the request again. */
export function retryLater(response: OperationResponse): OperationResponse {
  const header = { description: 'After how many seconds to send it again', schema: { type: 'integer' } };
  return { ...response, headers: { 'Retry-After': header } };
}
