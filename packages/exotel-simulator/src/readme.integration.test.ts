import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

test('the snippet of the README plays a call', async () => {
  const readme = await readFile(`${PACKAGE}/README.md`, 'utf8');
  const [, snippet = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const events: string[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { event } = JSON.parse((data as Buffer).toString()) as { event: string };
      if (events.at(-1) !== event) events.push(event);
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = promisify(execFile);
  const args = ['--input-type=module', '--eval', snippet, 'call.mjs', url];
  const { stdout } = await run(process.execPath, args, { cwd: PACKAGE, timeout: 30_000 });
  server.close();
  expect(stdout).toMatch(/^[\da-f]{32}: hung-up after 20 media frames\n$/);
  expect(events).toEqual(['connected', 'start', 'media', 'stop']);
});
