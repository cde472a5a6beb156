import { type BareSocket } from './bare-socket.ts';

/** An agent's message about a turn of the caller. */
export function turn(id: string, text = 'word') {
  return { event: 'turn', id, turn: { speaker: 'user', text } };
}

export const isAck = ({ event }: Record<string, unknown>): boolean => event === 'ack';
export const isError = ({ event }: Record<string, unknown>): boolean => event === 'error';

/** The gateway's answers to an agent's messages, in order. */
export function answersOf({ received }: BareSocket): Record<string, unknown>[] {
  const messages = received.map((text) => JSON.parse(text) as Record<string, unknown>);
  return messages.filter((message) => isAck(message) || isError(message));
}

export function acksOf(socket: BareSocket): Record<string, unknown>[] {
  return answersOf(socket).filter(isAck);
}
