/*
 * The yardstick of the gateway: a minimal server of Exotel's stream. It receives WebSocket frames with `ws`,
 * parses each as JSON and decodes its audio, and keeps nothing.
 */
import { WebSocketServer } from 'ws';

interface MediaFrame {
  readonly media?: { readonly payload: string };
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: false,
});
let audioBytes = 0;
server.on('listening', () => process.send?.('ready'));
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    const { media } = JSON.parse(data.toString()) as MediaFrame;
    if (media !== undefined) audioBytes += Buffer.from(media.payload, 'base64').length;
  });
});
process.once('SIGTERM', () => {
  console.log(`${audioBytes} bytes of audio`);
  process.exit(0);
});
