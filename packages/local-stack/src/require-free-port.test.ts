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
      await expect(requireFreePort(port, undefined)).rejects.toThrow(
        `The gateway cannot listen on port ${port}: another program has it.`,
      );
      await expect(requireFreePort(port, undefined)).rejects.toThrow(/PORT=\d+ npm start/);
      server.close();
      await once(server, 'close');
      await expect(requireFreePort(port, undefined)).resolves.toBeUndefined();
    },
  );

  it.each(['203.0.113.7', 'no-such-host.invalid'])(
    'names a HOST that this machine does not have: %s',
    async (host) => {
      await expect(requireFreePort(0, host)).rejects.toThrow(
        `The gateway cannot listen on HOST=${host}: this machine has no such address.`,
      );
    },
  );
});
