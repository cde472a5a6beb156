import { type Logger } from '@turnlog/service-kit';
import { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { sharedGuard } from '../../call-guard.ts';
import { type PendingConnections } from '../../limits/pending-connections.ts';
import { asksForWebSocket, replayWithoutOffer } from './replay-request.ts';
import { type StreamUpgrades } from './stream-upgrades.ts';

export interface GatewayServerOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  readonly http: FastifyInstance;
  readonly upgrades: StreamUpgrades;
  readonly pending: PendingConnections;
  readonly maxConnections: number;
}

/** A listening gateway. */
export interface GatewayServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const CLOSE_IDLE_EVERY_MS = 50;

/** Starts listening. Rejects if the port is not available. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { host, logger, http, upgrades, pending } = options;
  const { server } = http;
  const guard = sharedGuard(logger);
  server.maxConnections = options.maxConnections;
  server.on('connection', (socket) => guard.run('http.connection', () => void pending.accept(socket)));
  server.on('upgrade', (request, socket, head) => {
    guard.run('http.upgrade', () => {
      if (asksForWebSocket(request)) upgrades.take({ request, socket, head });
      else replayWithoutOffer(server, { request, socket, head });
    });
  });
  server.listen({ host, port: options.port });
  await once(server, 'listening');
  server.on('error', (err) =>
    logger.error({ event: 'connection_not_accepted', err }, 'a connection could not be accepted'),
  );
  return { host, port: (server.address() as AddressInfo).port, close: () => close(http) };
}

/** A connection whose request arrived before the stop is idle after its answer, and would prevent the server from closing. */
async function close(http: FastifyInstance): Promise<void> {
  const timer = setInterval(() => http.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  await http.close().finally(() => clearInterval(timer));
}
