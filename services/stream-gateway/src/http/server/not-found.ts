import { type Answer } from '../answers/answer.ts';
import { endpointsOf, type OpenApiDocument } from '../openapi/openapi-document.ts';

/** There is nothing at a path: says what there is. */
export function notFound(document: OpenApiDocument): Answer {
  const message =
    'there is nothing at this path; "endpoints" lists what there is, GET /openapi.json tells all';
  const endpoints = endpointsOf(document);
  return { status: 404, body: { error: { code: 'not_found', message }, endpoints } };
}
