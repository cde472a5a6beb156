// Stops the servers of test-servers-up.mjs, and removes their data.
import { rm } from 'node:fs/promises';

export default async function stopTestServers() {
  const { servers, folder } = globalThis.turnlogTestServers;
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}
