import { freePort } from '@turnlog/embedded';
import { type Servers } from '../servers.ts';
import { spawnProbed } from './probed-process.ts';
import { type FrameServer } from './service.ts';

/** Starts the bare `ws` server, and waits until it listens. */
export async function startBareServer(servers: Servers): Promise<FrameServer> {
  const port = await freePort();
  const server = spawnProbed(servers, {
    name: 'bare-ws-server',
    mainFile: new URL('./bare-ws-server.js', import.meta.url),
    args: [String(port)],
  });
  await server.ready();
  return { ...server, port };
}
