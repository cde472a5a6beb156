import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * True if a Redis on this port of 127.0.0.1 answers PING with PONG: not while it still loads its data. A
 * Redis that requires a user is alive when it asks for it.
 */
export function isRedisAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_TIMEOUT_MS });
    const settle = (isAnswering: boolean): void => {
      socket.destroy();
      resolve(isAnswering);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => settle(/^(\+PONG|-NOAUTH)/.test(answer.toString())));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
