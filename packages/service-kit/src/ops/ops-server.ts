import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { type OpsHandler } from './ops-handler.ts';

/** A listening ops server. */
export interface OpsServer {
  /** The port it got; of use where 0 was asked for. */
  readonly port: number;
  /** Stops listening and drops what is open: a probe is not worth waiting for. */
  close(): Promise<void>;
}

export interface StartOpsServerOptions {
  handle: OpsHandler;
  port: number;
  /** The address to listen on; all of them by default. */
  host?: string;
}

/** A server with the ops endpoints alone, 404 for the rest. Rejects if the port can't be had. */
export async function startOpsServer({ handle, port, host }: StartOpsServerOptions): Promise<OpsServer> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await handle(request, response)) return;
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}\n');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  }).listen({ port, ...(host !== undefined && { host }) });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
