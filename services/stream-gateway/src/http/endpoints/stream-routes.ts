import { type FastifyInstance } from 'fastify';
import { problem, send } from '../answers/answer.ts';
import { problemOf, retryLater, type Operation } from '../openapi/operation.ts';

/** Adds the paths of streams for requests that are not WebSocket handshakes; handshakes do not pass through fastify. */
export function addStreamRoutes(http: FastifyInstance, paths: readonly string[]): void {
  for (const path of paths)
    http.get(path, { schema: operationOf(path) }, (_request, reply) => send(reply, upgradeRequired));
}

const upgradeRequired = problem(
  426,
  'upgrade_required',
  'this path takes a WebSocket; connect with ws:// or wss://',
  { upgrade: 'websocket', connection: 'upgrade' },
);

function operationOf(path: string): Operation {
  return {
    operationId: `stream${path.replace(/\W+(\w)/g, (_match, letter: string) => letter.toUpperCase())}`,
    summary: "Exotel's stream of a call, as a WebSocket",
    response: {
      101: { description: 'The WebSocket' },
      401: problemOf('No credentials, or none that are valid now'),
      403: problemOf('A web page, or from another machine or a proxy while there is no tenant'),
      426: problemOf('Not a WebSocket handshake'),
      503: retryLater(problemOf('No more streams are taken right now')),
    },
  };
}
