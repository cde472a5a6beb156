import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type LocalStack } from '@turnlog/local-stack';
import { WebSocket, WebSocketServer } from 'ws';

/** What nothing that is written may hold: a phone as carriers write it, and whatever this word stands in. */
export const CANARY_PHONE = '+919811122233';
const CANARY_WORD = 'qzxcanary';

/** A text that people might have said, marked. */
export function canary(what: string): string {
  return `${CANARY_WORD} ${what} of Ramesh, ${CANARY_PHONE}`;
}

/** The lines of a text that hold marked data. */
export function canariesIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => new RegExp(`${CANARY_WORD}|98111\\s?22233|Ramesh`, 'i').test(line));
}

/** Everything that the services of a stack have written to their logs, the lines before a restart included. */
export async function readLogs({ logDir }: LocalStack): Promise<string> {
  const files = await readdir(logDir);
  return (await Promise.all(files.map((file) => readFile(path.join(logDir, file), 'utf8')))).join('\n');
}

/** What every service says of itself to whoever asks. */
export async function readOps({ services }: LocalStack): Promise<string> {
  const paths = ['metrics', 'readyz', 'healthz'];
  const urls = services.flatMap(({ port }) => paths.map((name) => `http://127.0.0.1:${port}/${name}`));
  const answers = urls.map(async (url) => (await fetch(url, { headers: { connection: 'close' } })).text());
  return (await Promise.all(answers)).join('\n');
}

/** Plays the carrier: sends frames on one socket, waits, sends the last one, and lets go. */
export async function playCarrier(
  url: string,
  frames: readonly (string | object)[],
  { wait, last }: { readonly wait: () => Promise<unknown>; readonly last: object },
): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  await wait();
  socket.send(JSON.stringify(last));
  // The gateway may have closed it already, for one of the frames.
  const closed = once(socket, 'close');
  socket.close(1000);
  await closed;
}

/** An agent that reports the messages it was given, and breaks off as soon as all of them were answered. */
export async function startRudeAgent(messages: readonly (string | object)[]) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const urls: string[] = [];
  const answers: string[] = [];
  server.on('connection', (socket, { url }) => {
    urls.push(url ?? '');
    let waiting = messages.length;
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"start"')) {
        for (const message of messages) {
          socket.send(typeof message === 'string' ? message : JSON.stringify(message));
        }
      } else if (/"(ack|error)"/.test(text)) {
        answers.push(text);
        waiting -= 1;
        if (waiting === 0) socket.close(1011, canary('reason').slice(0, 100));
      }
    });
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    urls,
    answers,
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
