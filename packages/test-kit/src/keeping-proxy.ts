import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * A proxy of Redis that keeps the connections of its clients when the server behind it changes, as managed
 * services do in a failover.
 */
export interface KeepingProxy {
  readonly port: number;
  /**
   * Connects every client to the server at another port. Requests in flight are cut off; no client notices.
   */
  switchTo(port: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on loopback, in front of the server at a port. */
export async function startKeepingProxy(firstPort: number): Promise<KeepingProxy> {
  let targetPort = firstPort;
  const behind = new Map<Socket, Socket>();

  const attach = async (client: Socket): Promise<void> => {
    const server = connect(targetPort, '127.0.0.1');
    behind.set(client, server);
    server.on('error', () => server.destroy());
    server.on('data', (bytes) => client.write(bytes));
    await once(server, 'connect');
  };
  const proxy = createServer((client) => {
    client.on('data', (bytes) => behind.get(client)?.write(bytes));
    client.on('error', () => client.destroy());
    client.on('close', () => {
      behind.get(client)?.destroy();
      behind.delete(client);
    });
    attach(client).catch(() => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    port: address.port,
    switchTo: async (port) => {
      targetPort = port;
      await Promise.all(
        [...behind].map(([client, server]) => {
          server.destroy();
          return attach(client);
        }),
      );
    },
    close: async () => {
      for (const client of behind.keys()) client.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
