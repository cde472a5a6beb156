import { once } from 'node:events';
import { shapes } from '@turnlog/exotel-simulator';
import { WebSocket } from 'ws';

const SAMPLE_RATE = 8000;
const SILENCE = Buffer.alloc(1600).toString('base64');

/** One call on a gateway's socket, with some dialogue reported over HTTP, that is about to be hung up. */
export interface SimpleCall {
  readonly callSid: string;
  /** Sends the stop frame. */
  hangUp(): void;
  close(): void;
}

/** Places a call and reports a few turns; resolves when all of it is in the log. */
export async function placeSimpleCall(gatewayPort: number, callSid: string): Promise<SimpleCall> {
  const socket = new WebSocket(`ws://127.0.0.1:${gatewayPort}/exotel/stream`);
  await once(socket, 'open');
  const streamSid = `stream-${callSid}`;
  const identity = { callSid, streamSid, accountSid: 'bench1' };
  const announced = { ...identity, from: '+910000000001', to: '+910000000002', customParameters: {} };
  socket.send(shapes.strings.connected());
  socket.send(shapes.strings.start({ ...announced, sampleRate: SAMPLE_RATE, sequence: 1 }));
  for (let chunk = 1; chunk <= 5; chunk += 1) {
    const position = { streamSid, sequence: chunk + 1, chunk, timestampMs: chunk * 100 };
    socket.send(shapes.strings.media({ ...position, payload: SILENCE }));
  }
  await reportTurns(gatewayPort, callSid);
  return {
    callSid,
    hangUp: () => socket.send(shapes.strings.stop({ ...identity, sequence: 7, reason: 'callended' })),
    close: () => socket.terminate(),
  };
}

async function reportTurns(gatewayPort: number, callSid: string): Promise<void> {
  const turns = Array.from({ length: 20 }, (_, n) => ({
    event: 'turn',
    id: `t${n}`,
    turn: { speaker: n % 2 === 0 ? 'ai' : 'user', text: 'Around 50 lakhs, perhaps a little more.' },
  }));
  const answer = await fetch(`http://127.0.0.1:${gatewayPort}/v1/calls/${callSid}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(turns),
  });
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status} to the turns of a call`);
}
