import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { connect } from 'node:net';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ MAX_HANDSHAKES_PER_ADDRESS: '3' });
});

afterAll(async () => {
  await gateway.stop();
});

const OFFER = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
const message = (id: string): string => JSON.stringify({ event: 'stage', id, stage: 'x' });

/** The first so many answers on a connection on which these pieces are sent, with a moment between them. */
async function answersTo(count: number, ...pieces: readonly string[]): Promise<string[]> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const answers = (): string[] => text.split(/(?=HTTP\/1\.1 )/).filter((answer) => answer !== '');
  await waitUntil(() => answers().length === count, { what: 'all is answered' });
  socket.destroy();
  return answers();
}

const post = (callSid: string, headers: readonly string[], body: string): string =>
  [`POST /v1/calls/${callSid}/events HTTP/1.1`, 'Host: x', ...headers, '', body].join('\r\n');
const length = (body: string): string => `Content-Length: ${body.length}`;
const statusesOf = (answers: readonly string[]): string[] => answers.map((answer) => answer.slice(9, 12));

test.each(['h2c', 'TLS/1.2', 'h2c, IRC/6.9', 'websocket'])(
  'a POST that offers %s gets the answer of HTTP/1.1, and so does what follows on its connection',
  async (protocol) => {
    const callSid = `CA-${protocol.length}`;
    const [first, second] = [message('s1'), message('s2')];
    const answers = await answersTo(
      2,
      post(callSid, [`Upgrade: ${protocol}`, ...OFFER, length(first)], first) +
        post(callSid, [length(second)], second),
    );
    expect(statusesOf(answers)).toEqual(['202', '202']);
    expect((await gateway.events(callSid)).map(({ id }) => id)).toEqual(['stage:s1', 'stage:s2']);
  },
);

test('its body may come later, in pieces, or in chunks', async () => {
  const body = message('s1');
  const head = post('CA-later', ['Upgrade: h2c', ...OFFER, length(body)], '');
  expect(statusesOf(await answersTo(1, head, body.slice(0, 10), body.slice(10)))).toEqual(['202']);
  const chunked = post('CA-chunked', ['Upgrade: h2c', ...OFFER, 'Transfer-Encoding: chunked'], '');
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  expect(statusesOf(await answersTo(1, chunked, chunks))).toEqual(['202']);
});

test('a stream is a WebSocket, whatever other protocols are offered', async () => {
  const head = ['GET /media HTTP/1.1', 'Host: x', 'Upgrade: h2c', ...OFFER, '', ''].join('\r\n');
  expect(statusesOf(await answersTo(1, head))).toEqual(['426']);
});
