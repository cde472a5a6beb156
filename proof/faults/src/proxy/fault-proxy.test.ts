import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRng } from '@turnlog/test-kit';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { bothWays } from './lane-faults.ts';

/** Long enough for traffic without a fault. */
const MOMENT_MS = 150;

describe('a fault proxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  let served: Socket[];
  let received: string;

  beforeEach(async () => {
    served = [];
    received = '';
    server = createServer((socket) => {
      served.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received += chunk.toString();
        socket.write(chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startFaultProxy({ port: (server.address() as AddressInfo).port, rng: createRng(1) });
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of served) socket.destroy();
    server.close();
  });

  async function dial(): Promise<Client> {
    const client = new Client(connect(proxy.port, '127.0.0.1'));
    await client.opened;
    return client;
  }

  it('forwards everything both ways, the end included', async () => {
    const client = await dial();
    const text = 'x'.repeat(1_000_000);
    client.socket.end(text);
    await client.closed;
    expect(client.heard).toBe(text);
  });

  it('delays by the latency, and keeps the order despite the jitter', async () => {
    const client = await dial();
    proxy.setFaults({ toServer: { latencyMs: 60, jitterMs: 60 } });
    const startedAt = performance.now();
    for (const digit of '0123456789') {
      client.socket.write(digit);
      await delay(5);
    }
    await client.hears(10);
    expect(performance.now() - startedAt).toBeGreaterThan(60);
    expect(client.heard).toBe('0123456789');
  });

  it('cuts data into pieces', async () => {
    const client = await dial();
    proxy.setFaults({ toClient: { sliceBytes: 3, sliceDelayMs: 10 } });
    const startedAt = performance.now();
    client.socket.write('abcdefghijklmnopqrstuvwxyz');
    await client.hears(26);
    expect(performance.now() - startedAt).toBeGreaterThan(70);
    expect(client.heard).toBe('abcdefghijklmnopqrstuvwxyz');
  });

  it('limits the bytes a second', async () => {
    const client = await dial();
    proxy.setFaults({ toServer: { bytesPerSecond: 1_000, sliceBytes: 50 } });
    const startedAt = performance.now();
    client.socket.write('x'.repeat(200));
    await client.hears(200);
    expect(performance.now() - startedAt).toBeGreaterThan(150);
  });

  it('is a silent black hole, and delivers everything afterwards', async () => {
    const client = await dial();
    client.socket.write('a');
    await client.hears(1);
    proxy.setFaults(bothWays({ isBlackHole: true }));
    client.socket.write('b');
    await delay(MOMENT_MS);
    expect([received, client.heard, client.socket.destroyed]).toEqual(['a', 'a', false]);
    proxy.setFaults({});
    await client.hears(2);
    expect(client.heard).toBe('ab');
  });

  it('hides a client that disconnects behind a black hole until it is lifted', async () => {
    const client = await dial();
    client.socket.write('a');
    await client.hears(1);
    proxy.setFaults(bothWays({ isBlackHole: true }));
    client.socket.resetAndDestroy();
    await delay(MOMENT_MS);
    expect(served[0]?.destroyed).toBe(false);
    const closed = new Promise((resolve) => served[0]?.once('close', resolve));
    proxy.setFaults({});
    await closed;
  });

  it('resets connections', async () => {
    const client = await dial();
    client.socket.write('a');
    await client.hears(1);
    expect(proxy.resetConnections()).toBe(1);
    await client.closed;
    expect(client.error).toBe('ECONNRESET');
    expect(proxy.connections).toBe(0);
  });

  it('closes one half', async () => {
    const client = await dial();
    client.socket.write('a');
    await client.hears(1);
    proxy.halfClose('toClient');
    await once(client.socket, 'end');
    expect(served[0]?.destroyed).toBe(false);
  });

  it('refuses connections while it is down, and accepts them on the same port afterwards', async () => {
    await proxy.down();
    const refused = new Client(connect(proxy.port, '127.0.0.1'));
    await refused.closed;
    expect(refused.error).toBe('ECONNREFUSED');
    await proxy.up();
    const client = await dial();
    client.socket.write('a');
    await client.hears(1);
  });

  it('keeps a request from the server', async () => {
    const trap = proxy.setTrap({ mentions: ['write'], action: 'hold-request', times: 1 });
    const client = await dial();
    client.socket.write('write 1');
    await trap.sprung;
    await delay(MOMENT_MS);
    expect(received).toBe('');
    const other = await dial();
    other.socket.write('write 2');
    await other.hears(7);
    trap.release();
    await client.hears(7);
  });

  it('keeps a reply from the client, and releases the connection when it is closed', async () => {
    const trap = proxy.setTrap({ mentions: ['write'], action: 'hold-reply', times: 1 });
    const client = await dial();
    client.socket.write('write 1');
    await trap.sprung;
    while (received === '') await delay(1);
    served[0]?.end();
    await delay(MOMENT_MS);
    expect([received, client.heard]).toEqual(['write 1', '']);
    await proxy.close();
    await client.closed;
    while (proxy.connections > 0) await delay(1);
  });

  it('switches to another server and keeps idle connections; one with a pending request is reset', async () => {
    const other = createServer((socket) => {
      served.push(socket);
      socket.on('data', (chunk) =>
        socket.write(chunk.toString() === 'hello' ? 'welcome' : `other ${chunk.toString()}`),
      );
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const idle = await dial();
    idle.socket.write('a');
    await idle.hears(1);
    const waiting = await dial();
    const trap = proxy.setTrap({ mentions: ['b'], action: 'hold-reply', times: 1 });
    waiting.socket.write('b');
    await trap.sprung;

    const switching = proxy.switchTo((other.address() as AddressInfo).port, {
      say: 'hello',
      untilHeard: 'welcome',
    });
    idle.socket.write('c');
    expect(await switching).toBe(1);
    await idle.hears('aother c'.length);
    expect([idle.heard, received]).toEqual(['aother c', 'ab']);
    await waiting.closed;
    expect(waiting.error).toBe('ECONNRESET');
    for (const socket of served) socket.destroy();
    other.close();
  }, 20_000);

  it('cuts the connection between a request that was executed and its reply', async () => {
    const trap = proxy.setTrap({ mentions: ['write'], action: 'cut-reply', times: 1 });
    const client = await dial();
    client.socket.write('write 1');
    await client.closed;
    expect([received, client.heard, client.error, trap.count]).toEqual(['write 1', '', 'ECONNRESET', 1]);
  });
});

/** A socket, and how it ended. */
class Client {
  heard = '';
  error: string | undefined;
  readonly socket: Socket;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<unknown>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.opened = new Promise((resolve) => socket.once('connect', resolve));
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('data', (chunk) => (this.heard += chunk.toString()));
  }

  async hears(bytes: number): Promise<void> {
    while (this.heard.length < bytes) await once(this.socket, 'data');
  }
}
