import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { deferred } from '@turnlog/service-kit';
import { type WebSocket, WebSocketServer } from 'ws';
import { CommandError, reasonOf } from '../command-error.ts';
import { type ScriptStep } from './agent-script.ts';
import { newTally, type AgentTally } from './agent-tally.ts';
import { AgentConversation } from './agent-conversation.ts';

export interface SampleAgentOptions {
  readonly script: readonly ScriptStep[];
  /** How many times faster than life; `Infinity` for at once. */
  readonly speed: number;
  /** Where to listen on 127.0.0.1; a free port by default. */
  readonly port?: number;
  readonly now: () => number;
  /** Told, on each call, once everything is said and answered. */
  readonly onSaid?: () => void;
}

/** A voice agent that holds one and the same conversation on every call that a gateway hands to it. */
export interface SampleAgent {
  /** What a gateway's AGENT_URL has to be. */
  readonly url: string;
  /** A call of which a gateway may have told it, or may tell it yet. */
  conversation(callSid: string): SampleConversation;
  close(): Promise<void>;
}

/** What the agent has to do with one call. */
export interface SampleConversation {
  /** Resolves once a gateway has handed the call to it. */
  readonly begun: Promise<void>;
  /** Resolves once it has left the call. A gateway that calls again begins anew. */
  readonly left: Promise<void>;
  /** What became of its messages so far. */
  readonly tally: AgentTally;
}

/** Starts the agent. Throws a `CommandError` when its port can't be had. */
export async function startSampleAgent(options: SampleAgentOptions): Promise<SampleAgent> {
  const { port = 0 } = options;
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  const conversations = new Map<string, OpenConversation>();
  const conversationOf = (callSid: string): OpenConversation => {
    const conversation = conversations.get(callSid) ?? new OpenConversation();
    conversations.set(callSid, conversation);
    return conversation;
  };
  server.on('connection', (socket) => {
    const onStart = (callSid: string): AgentTally => {
      const conversation = conversationOf(callSid);
      conversation.begin(socket);
      return conversation.tally;
    };
    return new AgentConversation(socket, { ...options, onStart });
  });
  await untilListening(server, port);
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/{callSid}`,
    conversation: conversationOf,
    close: async () => {
      const closed = once(server, 'close');
      for (const client of server.clients) client.terminate();
      server.close();
      await closed;
    },
  };
}

class OpenConversation implements SampleConversation {
  readonly tally = newTally();
  readonly #begun = deferred();
  #left = deferred();

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  get left(): Promise<void> {
    return this.#left.promise;
  }

  begin(socket: WebSocket): void {
    const left = deferred();
    socket.once('close', () => left.resolve());
    this.#left = left;
    this.#begun.resolve();
  }
}

async function untilListening(server: WebSocketServer, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CommandError(`The agent can't listen on port ${port}: ${reasonOf(error)}.`, { cause: error });
  }
}
