import { once } from 'node:events';
import { canary } from '@turnlog/test-kit';
import { WebSocketServer } from 'ws';

/** An agent that sends its messages, and closes as soon as all of them are answered. */
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
