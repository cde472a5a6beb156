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
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Whether the process is alive',
      responses: {
        '200': { description: 'It is alive', content: anyJson },
        '503': { description: 'It is stuck: restart it', content: anyJson },
      },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readiness',
      summary: 'Whether it takes calls',
      responses: {
        '200': { description: 'It takes calls', content: anyJson },
        '503': { description: 'It takes none, and says why', content: anyJson },
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: 'Metrics for Prometheus',
      responses: {
        '200': { description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
  },
};
