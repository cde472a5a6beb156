import { freePort } from '@turnlog/embedded';
import { type Servers } from '../servers.ts';
import { spawnProbed } from './probed-process.ts';
import { type FrameServer } from './service.ts';

/** Starts the bare `ws` server, and waits until it listens. */
export function startBareServer(servers: Servers): Promise<FrameServer> {
  return start(servers, 'bare-ws-server', new URL('./bare-ws-server.js', import.meta.url));
}

/** Starts the bare HTTP server, and waits until it listens. */
export function startBareHttpServer(servers: Servers): Promise<FrameServer> {
  return start(
    servers,
    'bare-http-server',
    new URL('./bare-http-server.js', import.meta.url),
    servers.redisUrl,
  );
}

async function start(
  servers: Servers,
  name: string,
  mainFile: URL,
  ...args: readonly string[]
): Promise<FrameServer> {
  const port = await freePort();
  const server = spawnProbed(servers, { name, mainFile, args: [String(port), ...args] });
  await server.ready();
  return { ...server, port };
}
