import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fetchRecording } from './fetch-recording.ts';

const credentials = { apiKey: 'key', apiToken: 'token' };
const expected = `Basic ${Buffer.from('key:token').toString('base64')}`;

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let apiUrl: string;
const asked: (string | undefined)[] = [];

beforeEach(async () => {
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

test('a recording of the API is fetched with its key', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('sound');
  const fetched = await fetchRecording(`${apiUrl}/1.mp3`, { apiUrl, ...credentials });
  if (fetched.kind !== 'ok') throw new Error(fetched.kind);
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.body) chunks.push(chunk);
  expect([Buffer.concat(chunks).toString(), fetched.contentType, asked]).toEqual([
    'sound',
    'audio/mpeg',
    [expected],
  ]);
});

test('only hosts of Exotel get the key, and no request is unencrypted, whatever a redirect says', async () => {
  const account = { apiUrl: 'https://api.exotel.com', ...credentials };
  answer = (_, response) => response.end('sound');
  expect(await fetchRecording(`${apiUrl}/1.mp3`, account)).toMatchObject({ kind: 'unsafe_address' });
  expect(asked).toEqual([]);
  answer = (_, response) => response.writeHead(302, { location: 'http://localhost:1/stolen' }).end();
  expect(await fetchRecording(`${apiUrl}/1.mp3`, { apiUrl, ...credentials })).toMatchObject({
    kind: 'unsafe_address',
  });
  expect(asked).toEqual([expected]);
});

test.each([
  [401, { kind: 'unauthorised', status: 401 }],
  [404, { kind: 'not_found' }],
  [503, { kind: 'unavailable' }],
])('HTTP %d is returned as a failure', async (status, failure) => {
  answer = (_, response) => response.writeHead(status).end();
  expect(await fetchRecording(`${apiUrl}/1.mp3`, { apiUrl, ...credentials })).toMatchObject(failure);
});

test('endless redirects fail', async () => {
  answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
  expect(await fetchRecording(`${apiUrl}/1.mp3`, { apiUrl, ...credentials })).toMatchObject({
    kind: 'unsafe_address',
    reason: 'there are too many redirects',
  });
});
