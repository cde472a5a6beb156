/** What is needed of a WebSocket: those of `ws`, of Node and of browsers all have it. */
export interface AgentSocket {
  readonly readyState: number;
  send(data: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** `WebSocket.OPEN`. */
const OPEN = 1;

export function isOpen(socket: AgentSocket | undefined): socket is AgentSocket {
  return socket?.readyState === OPEN;
}

/** A text frame as a JSON object; `undefined` for anything else. */
export function readFrame(data: unknown): Readonly<Record<string, unknown>> | undefined {
  const text = typeof data === 'string' ? data : data instanceof Uint8Array ? decoder.decode(data) : '';
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder();
