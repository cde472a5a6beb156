import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { CommandError } from '../command-error.ts';
import { reasonOf } from '../reason-of.ts';
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
  /** Told, on each call, when everything is said and answered. */
  readonly onSaid?: () => void;
}

/** A voice agent that holds one and the same conversation on every call that a gateway hands to it. */
export interface SampleAgent {
  /** What a gateway's AGENT_URL has to be. */
  readonly url: string;
  /** What became of the messages of a call so far. */
  tallyOf(callSid: string): AgentTally;
  /** Resolves once the agent has left a call; `undefined` for a call that no gateway has handed to it. */
  untilLeft(callSid: string): Promise<unknown> | undefined;
  close(): Promise<void>;
}

/** Starts the agent. Throws a `CommandError` when its port can't be had. */
export async function startSampleAgent(options: SampleAgentOptions): Promise<SampleAgent> {
  const { port = 0 } = options;
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  const tallies = new Map<string, AgentTally>();
  const conversations = new Map<string, Promise<unknown>>();
  const tallyOf = (callSid: string): AgentTally => {
    const tally = tallies.get(callSid) ?? newTally();
    tallies.set(callSid, tally);
    return tally;
  };
  server.on('connection', (socket) => {
    const left = new Promise((resolve) => socket.once('close', resolve));
    const onStart = (callSid: string): AgentTally => {
      conversations.set(callSid, left);
      return tallyOf(callSid);
    };
    return new AgentConversation(socket, { ...options, onStart });
  });
  await untilListening(server, port);
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/{callSid}`,
    tallyOf,
    untilLeft: (callSid) => conversations.get(callSid),
    close: async () => {
      const closed = once(server, 'close');
      for (const client of server.clients) client.terminate();
      server.close();
      await closed;
    },
  };
}

async function untilListening(server: WebSocketServer, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CommandError(`The agent can't listen on port ${port}: ${reasonOf(error)}.`, { cause: error });
  }
}
