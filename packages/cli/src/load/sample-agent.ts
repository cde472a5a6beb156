import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RelayCalls } from '@turnlog/agent-client';
import { type WebSocket, WebSocketServer } from 'ws';
import { CommandError, reasonOf } from '../command-error.ts';
import { AgentConversation, type ConversationOptions } from './agent-conversation.ts';

/** After the socket of a call has closed, no acknowledgement can arrive. */
const CLOSE_TIMEOUT_MS = 100;

export interface SampleAgentOptions extends ConversationOptions {
  /** The port on 127.0.0.1; a free one by default. */
  readonly port?: number;
}

/** A voice agent that holds the same conversation on every call for which a gateway dials it. */
export class SampleAgent {
  readonly #server: WebSocketServer;
  readonly #options: ConversationOptions;
  readonly #conversations = new Map<string, AgentConversation>();

  /** The server must be listening. */
  constructor(server: WebSocketServer, options: ConversationOptions) {
    this.#server = server;
    this.#options = options;
    const calls = new RelayCalls<WebSocket>({
      maxBufferedBytes: Infinity,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
      onCall: (relay) => this.conversation(relay.call.callSid).take(relay),
    });
    server.on('connection', (socket) => {
      // A close follows.
      socket.on('error', () => undefined);
      calls.accept(socket);
    });
  }

  /** The AGENT_URL of a gateway that is to dial this agent. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/{callSid}`;
  }

  /** The conversation of a call for which a gateway has dialled, or may do so later. */
  conversation(callSid: string): AgentConversation {
    const conversation = this.#conversations.get(callSid) ?? new AgentConversation(this.#options);
    this.#conversations.set(callSid, conversation);
    return conversation;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    for (const conversation of this.#conversations.values()) conversation.abort();
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await closed;
  }
}

/** Starts the agent. Throws a `CommandError` when its port is not available. */
export async function startSampleAgent({ port = 0, ...options }: SampleAgentOptions): Promise<SampleAgent> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CommandError(`The agent can't listen on port ${port}: ${reasonOf(error)}.`, { cause: error });
  }
  return new SampleAgent(server, options);
}
