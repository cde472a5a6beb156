/*
 * The yardstick of events over HTTP: a minimal server that parses each body and adds it to a Redis stream, without
 * a sequence number, a check for duplicates, limits, redaction or rights.
 */
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';

const [port, redisUrl = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl);
const server = http.createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
process.once('SIGTERM', () => process.exit(0));

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { id, turn } = JSON.parse(await text(request)) as { readonly id: string; readonly turn: object };
  await redis.xadd(`plain:${request.url ?? ''}`, '*', 'e', JSON.stringify(turn));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ results: [{ id, status: 'appended' }] }));
}
