import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Another address of this machine, so that attackers are distinguished from the good callers. */
const ATTACKER = '127.0.0.2';

/** How a peer ended the connection: an HTTP status, a WebSocket close code, or a cut. */
export type Riddance = { readonly status: number } | { readonly closeCode: number } | { readonly cut: true };

/** A connection that follows no protocol. */
export interface RawSocket {
  readonly socket: Socket;
  /** Resolves to how the other side ended it, or to undefined if it did not in time. */
  ended(timeoutMs: number): Promise<Riddance | undefined>;
}

/** Connects, and sends nothing. */
export function openRaw(port: number): RawSocket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: ATTACKER });
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    // The answer to a flood may be a flood; its beginning and its end are enough.
    length += chunk.length;
    if (length < 256 * 1024) chunks.push(chunk);
    else chunks.splice(1, chunks.length - 1, chunk);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    ended: async (timeoutMs) => {
      if (!socket.closed) {
        await once(socket, 'close', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => undefined);
      }
      return socket.closed ? readRiddance(Buffer.concat(chunks)) : undefined;
    },
  };
}

/** Connects, and upgrades the connection to a WebSocket. */
export async function openRawStream(port: number): Promise<RawSocket> {
  const raw = openRaw(port);
  const key = randomBytes(16).toString('base64');
  raw.socket.write(upgradeRequest([`Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13']));
  await once(raw.socket, 'data');
  return raw;
}

/** The head of a request for a stream. */
export function upgradeRequest(headers: readonly string[]): string {
  const lines = [
    'GET /exotel/stream HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export interface FrameOptions {
  readonly opcode: number;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  readonly reservedBits?: number;
  /** The claimed length, if it is wrong. */
  readonly claimedLength?: number;
}

/**
 * A WebSocket frame, valid or not. Source: RFC 6455, section 5.2. The mask is zero, so the payload is as
 * given.
 */
export function frame(payload: Buffer, options: FrameOptions): Buffer {
  const {
    opcode,
    isFinal = true,
    isMasked = true,
    reservedBits = 0,
    claimedLength = payload.length,
  } = options;
  const first = (isFinal ? 0x80 : 0) | (reservedBits << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  const maskKey = isMasked ? Buffer.alloc(4) : Buffer.alloc(0);
  return Buffer.concat([Buffer.from([first]), lengthBytes(claimedLength, mask), maskKey, payload]);
}

export const TEXT = 1;
export const CONTINUATION = 0;
export const PING = 9;

/** A frame of text. */
export function text(content: string): Buffer {
  return frame(Buffer.from(content), { opcode: TEXT });
}

function lengthBytes(length: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([mask | length]);
  if (length < 65_536) {
    const bytes = Buffer.from([mask | 126, 0, 0]);
    bytes.writeUInt16BE(length, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9, 0);
  bytes[0] = mask | 127;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** The final message: a close frame at the end, or a status line at the start that is not of an upgrade. */
function readRiddance(received: Buffer): Riddance {
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(received.subarray(0, 16).toString('latin1')) ?? [];
  if (status !== undefined && status !== '101') return { status: Number(status) };
  const close = received.lastIndexOf(0x88);
  const hasCode = close >= 0 && received.length >= close + 4 && (received[close + 1] ?? 0) >= 2;
  return hasCode ? { closeCode: received.readUInt16BE(close + 2) } : { cut: true };
}
