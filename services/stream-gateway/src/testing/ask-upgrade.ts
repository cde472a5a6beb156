import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** The answer to a request for a stream: an open socket, or a refusal. */
export type UpgradeAnswer =
  | { readonly status: 101; readonly socket: WebSocket }
  | {
      readonly status: number;
      readonly socket: undefined;
      readonly code: string;
      readonly headers: IncomingMessage['headers'];
    };

/** Asks for a stream, with these headers. */
export async function askUpgrade(url: string, headers: Record<string, string> = {}): Promise<UpgradeAnswer> {
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => undefined);
  const opened = once(socket, 'open').then(() => ({ status: 101 as const, socket }));
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    const { statusCode = 0, headers: answered } = response as IncomingMessage;
    const text = Buffer.concat((await (response as IncomingMessage).toArray()) as Buffer[]).toString();
    const { error } = JSON.parse(text) as { error: { code: string } };
    return { status: statusCode, socket: undefined, code: error.code, headers: answered };
  });
  // Only one of them happens; the other is not a failure.
  opened.catch(() => undefined);
  refused.catch(() => undefined);
  return Promise.race([opened, refused]);
}

/** The header that a user info in a URL becomes. */
export function basic(password: string, user = 'exotel'): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
