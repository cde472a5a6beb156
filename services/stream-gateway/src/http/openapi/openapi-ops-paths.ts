import { type PathItem } from './openapi-document.ts';

const anyJson = { 'application/json': { schema: { type: 'object' } } };

/** What there is for whoever runs the gateway. */
export const openApiOpsPaths: Readonly<Record<string, PathItem>> = {
  '/openapi.json': {
    get: {
      operationId: 'openApi',
      summary: 'This document',
      responses: { '200': { description: 'This document', content: anyJson } },
    },
  },
};
