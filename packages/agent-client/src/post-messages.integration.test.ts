import { afterEach, expect, test } from '@jest/globals';
import { freePort } from '@turnlog/test-kit';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { CallReporter } from './call-reporter.ts';
import { type AgentMessage } from './messages.ts';
import { postMessages } from './post-messages.ts';
import { startGateway } from './testing/start-gateway.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that is not a gateway. */
async function startServer(status: number, text: string): Promise<string> {
  const server = createServer((_request, response) => void response.writeHead(status).end(text));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('raw messages are sent once, as they are, and each has its answer', async () => {
  const gateway = await startGateway();
  closing.push(() => gateway.close());
  const http = { url: gateway.httpUrl };
  const stage = '{"event":"stage","id":"a","stage":"discovery"}';
  const messages = [stage, stage, '{"event":"stage","id":"b","stage":""}', '{"event":"?"}'];
  const answer = await postMessages({ callSid: 'CA-raw', http, messages });
  expect(answer).toMatchObject({ status: 207, error: {} });
  expect(answer.results.map(({ id, status, error }) => [id, status, error?.code])).toEqual([
    ['a', 'appended', undefined],
    ['a', 'duplicate', undefined],
    ['b', 'rejected', 'invalid_message'],
    [expect.any(String), 'rejected', 'unknown_event'],
  ]);
  const broken = await postMessages({ callSid: 'CA-raw', http, messages: ['{'] });
  expect(broken).toMatchObject({ results: [], error: { code: expect.any(String) } });
  expect(broken.status).toBeGreaterThanOrEqual(400);
});

test('a request without an answer rejects: what happened to its messages is unknown', async () => {
  const ask = (url: string) => postMessages({ callSid: 'CA1', http: { url }, messages: [] });
  await expect(ask(`http://127.0.0.1:${await freePort()}`)).rejects.toThrow('fetch failed');
  await expect(ask(await startServer(200, 'hello'))).rejects.toMatchObject({ code: 'unreadable' });
});

test('a server that is not a gateway is an error that says so', async () => {
  const call = new CallReporter({
    callSid: 'CA1',
    http: { url: await startServer(426, 'Upgrade Required') },
  });
  await expect(call.stage('closing')).rejects.toMatchObject({
    code: 'http_426',
    message: 'the gateway answered 426',
  });
  await call.close();
});

test('the caller chooses the gateway of each request, and sees each resend', async () => {
  const gateway = await startGateway();
  closing.push(() => gateway.close());
  const urls = [await startServer(503, ''), gateway.httpUrl];
  const resent: AgentMessage[] = [];
  const call = new CallReporter({
    callSid: 'CA-chosen',
    http: { url: () => urls.shift() ?? gateway.httpUrl, maxPauseMs: 1 },
    onResend: (message) => resent.push(message),
  });
  const message = { event: 'stage', id: 's1', stage: 'discovery', timestamp: 1_700_000_000_000 };
  expect(await call.report(message)).toEqual({ id: 's1', status: 'appended', seq: 1 });
  expect(resent).toEqual([message]);
  expect(await call.report(message)).toEqual({ id: 's1', status: 'duplicate', seq: 1 });
  expect(resent).toHaveLength(1);
  await call.close();
});
