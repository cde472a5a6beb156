import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { WebSocket } from 'ws';

/** What logs and metrics must not contain: a phone as carriers write it, and any text with this word. */
export const CANARY_PHONE = '+919811122233';
const CANARY_WORD = 'qzxcanary';

/** A text that people might have said, marked. */
export function canary(what: string): string {
  return `${CANARY_WORD} ${what} of Ramesh, ${CANARY_PHONE}`;
}

/** The lines of a text that contain marked data. */
export function canariesIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => new RegExp(`${CANARY_WORD}|98111\\s?22233|Ramesh`, 'i').test(line));
}

/** Everything in the logs of a stack's services, including the lines before a restart. */
export async function readLogs({ logDir }: { readonly logDir: string }): Promise<string> {
  const files = await readdir(logDir);
  return (await Promise.all(files.map((file) => readFile(path.join(logDir, file), 'utf8')))).join('\n');
}

/** The public endpoints of every service. */
export async function readOps({
  services,
}: {
  readonly services: readonly { readonly healthPort: number }[];
}): Promise<string> {
  const paths = ['metrics', 'readyz', 'healthz'];
  const urls = services.flatMap(({ healthPort }) =>
    paths.map((name) => `http://127.0.0.1:${healthPort}/${name}`),
  );
  const answers = urls.map(async (url) => (await fetch(url, { headers: { connection: 'close' } })).text());
  return (await Promise.all(answers)).join('\n');
}

/** Plays the carrier: sends frames on one socket, waits, sends the last one, and closes. */
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
  // The gateway may have closed it already because of a frame.
  const closed = once(socket, 'close');
  socket.close(1000);
  await closed;
}
