import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { type Socket } from 'node:net';

/**
 * A connection that was upgraded to a WebSocket; frames are written as prepared bytes, so that sending costs
 * almost nothing.
 */
export async function openStreamSocket(url: string): Promise<Socket> {
  const upgrade = request(url.replace(/^ws/, 'http'), {
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  });
  upgrade.end();
  const [, socket] = (await once(upgrade, 'upgrade')) as [unknown, Socket];
  socket.setNoDelay(true);
  // Answers, such as pings, are ignored.
  socket.resume();
  return socket;
}

/** A text frame as a client sends it: masked. Source: RFC 6455, section 5. */
export function textFrame(text: string): Buffer {
  return frame(0x81, Buffer.from(text));
}

/** The frame that closes a WebSocket normally. Its answer comes after everything before it was received. */
export function closeFrame(): Buffer {
  return frame(0x88, Buffer.from([0x03, 0xe8]));
}

function frame(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from([0x12, 0x9a, 0x5c, 0xe7]);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([header(opcode, payload.length), mask, masked]);
}

function header(opcode: number, length: number): Buffer {
  const MASKED = 0x80;
  if (length < 126) return Buffer.from([opcode, MASKED | length]);
  return Buffer.from([opcode, MASKED | 126, length >> 8, length & 0xff]);
}
