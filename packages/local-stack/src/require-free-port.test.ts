import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { requireFreePort } from './require-free-port.ts';

describe('requireFreePort', () => {
  it.each(['127.0.0.1', '0.0.0.0'])(
    'names the taken port, on %s, and how to choose another',
    async (host) => {
      const server = createServer().listen({ port: 0, host });
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      await expect(requireFreePort(port)).rejects.toThrow(
        `The gateway cannot listen on port ${port}: another program has it.`,
      );
      await expect(requireFreePort(port)).rejects.toThrow(/PORT=\d+ npm start/);
      server.close();
      await once(server, 'close');
      await expect(requireFreePort(port)).resolves.toBeUndefined();
    },
  );
});
