import { WebSocket } from 'ws';
import { type Drop } from './call-plan.ts';
import { type CallEnd } from './call-report.ts';
import { dial } from './dial.ts';

const maxBufferedBytes = 256 * 1024;

/** The socket of one call, from the first attempt to open it until its end, which happens once. */
export class CallLine {
  readonly ended: Promise<CallEnd>;
  #settleEnded: (end: CallEnd) => void = () => undefined;
  readonly #dialing = new AbortController();
  #socket: WebSocket | undefined;
  #how: CallEnd['how'] | undefined;
  #isSilent = false;
  #error: string | undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
  }

  /** Whether the socket is open and the call in progress. */
  get isLive(): boolean {
    return this.#how === undefined && this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether the socket opened; if not, `ended` has the reason. */
  async open(
    server: { url: string; handshakeTimeoutMs: number; handshakeAttempts: number },
    onText: (text: Buffer) => void,
  ): Promise<boolean> {
    const { url, handshakeTimeoutMs, handshakeAttempts: attempts } = server;
    const onOpen = (socket: WebSocket) => this.#attach(socket, onText);
    const failure = await dial({ url, handshakeTimeoutMs, attempts, signal: this.#dialing.signal, onOpen });
    if (failure === undefined) return true;
    this.#error = failure.message;
    this.#leave('handshake-failed');
    this.#settle();
    return false;
  }

  /** Sends at once. Does nothing if the line is not live. */
  send(text: string): void {
    if (this.isLive) this.#socket?.send(text);
  }

  /** Sends, and waits while the server is slow to read. */
  async sendInTurn(text: string): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || !this.isLive) return;
    if (socket.bufferedAmount < maxBufferedBytes) socket.send(text);
    else await new Promise<void>((resolve) => socket.send(text, () => resolve()));
  }

  hangUp(stop: () => string, closeCode: 1000 | 1005 | 1006): void {
    const socket = this.isLive ? this.#socket : undefined;
    if (!this.#leave('hung-up')) return;
    socket?.send(stop(), () => {
      if (closeCode === 1006) socket.terminate();
      else socket.close(closeCode === 1005 ? undefined : closeCode);
    });
  }

  drop(how: Drop): void {
    const isFirst = this.#leave('dropped');
    if (how === 'terminate') this.#socket?.terminate();
    else if (isFirst && how === 'no-stop') this.#socket?.close(1000);
    else if (isFirst) this.#goSilent();
  }

  abort(): void {
    this.#leave('aborted');
    this.#socket?.terminate();
  }

  #attach(socket: WebSocket, onText: (text: Buffer) => void): void {
    this.#socket = socket;
    socket.on('message', (data) => {
      // A client's messages are Buffers unless its `binaryType` is changed.
      if (!this.#isSilent && Buffer.isBuffer(data)) onText(data);
    });
    socket.on('error', (error) => (this.#error = error.message));
    socket.on('close', (code, reason) => {
      this.#leave('closed-by-server');
      this.#settle(code, reason.toString());
    });
  }

  // The peer of a half-open socket receives nothing more, not even a pong: ws answers pings as it reads them.
  #goSilent(): void {
    this.#isSilent = true;
    this.#socket?.pause();
    this.#settle();
  }

  #leave(how: CallEnd['how']): boolean {
    if (this.#how !== undefined) return false;
    this.#how = how;
    if (this.#socket === undefined) this.#dialing.abort();
    return true;
  }

  #settle(closeCode?: number, closeReason?: string): void {
    const how = this.#how ?? 'closed-by-server';
    this.#settleEnded({ how, closeCode, closeReason, error: this.#error });
  }
}
