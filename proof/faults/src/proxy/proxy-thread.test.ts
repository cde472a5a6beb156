import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRng } from '@turnlog/test-kit';
import { bothWays } from './lane-faults.ts';
import { startProxyThread, type ThreadedProxy } from './proxy-thread.ts';

const MOMENT_MS = 150;

describe('a fault proxy in a thread of its own', () => {
  let server: Server;
  let proxy: ThreadedProxy;

  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    proxy = await startProxyThread({ port: (server.address() as AddressInfo).port, rng: createRng(1) });
  });
  afterEach(async () => {
    await proxy.close();
    server.close();
  });

  function dial() {
    const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => undefined);
    return socket;
  }

  it('forwards everything both ways', async () => {
    const client = dial();
    client.write('a');
    expect(await once(client, 'data')).toEqual(['a']);
  });

  it('executes commands in order: nothing gets through a black hole until it is lifted', async () => {
    const client = dial();
    client.write('a');
    await once(client, 'data');
    proxy.setFaults(bothWays({ isBlackHole: true }));
    // Its answer comes after the earlier command.
    await proxy.resetConnections(0);
    let heard = '';
    client.on('data', (text: string) => (heard += text));
    client.write('b');
    await delay(MOMENT_MS);
    expect(heard).toBe('');
    proxy.setFaults({});
    while (heard !== 'b') await once(client, 'data');
  });

  it('returns how many connections it has reset', async () => {
    const client = dial();
    client.write('a');
    await once(client, 'data');
    const closed = new Promise((resolve) => client.once('close', resolve));
    expect(await proxy.resetConnections()).toBe(1);
    await closed;
  });

  it('reports each time that a trap is triggered, and releases it on command', async () => {
    const trap = proxy.setTrap({ mentions: ['write', 'this'], action: 'hold-reply' });
    const [first, second] = [dial(), dial()];
    first.write('write this');
    await trap.sprung;
    second.write('write this');
    while (trap.count < 2) await delay(1);
    trap.release();
    expect(await once(first, 'data')).toEqual(['write this']);
  });

  it('refuses connections while it is down, and reports why it cannot come back', async () => {
    await proxy.down();
    const [error] = (await once(connect(proxy.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    const squatter = createServer().listen(proxy.port, '127.0.0.1');
    await once(squatter, 'listening');
    await expect(proxy.up()).rejects.toThrow('EADDRINUSE');
    squatter.close();
    await once(squatter, 'close');
    await proxy.up();
    const client = dial();
    client.write('a');
    expect(await once(client, 'data')).toEqual(['a']);
  });
});
