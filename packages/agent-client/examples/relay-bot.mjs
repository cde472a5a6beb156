// A bot on the relay: with AGENT_URL=ws://127.0.0.1:9000/{callSid} the gateway opens a socket here for each call.
// It asks one question, takes a key as the answer, and stops speaking when the caller interrupts it with `*`.
//
//   node examples/relay-bot.mjs          PORT is 9000 by default
import { RelayCalls } from '@turnlog/agent-client';
import { WebSocketServer } from 'ws';

const QUESTION = [
  { name: 'q1', text: 'Hello! ' },
  { name: 'q2', text: 'How many rooms are you looking for? ' },
  { name: 'q3', text: 'Please press a key.' },
];
// Where speech would come from a synthesiser there is silence: a second of 16-bit PCM at 8 kHz for each part.
const PART = Buffer.alloc(16_000).toString('base64');
const PART_MS = 1_000;

const calls = new RelayCalls({
  onCall: ({ call, socket, streamSid, isReconnected }) => {
    const send = (frame) => socket.send(JSON.stringify({ ...frame, stream_sid: streamSid }));

    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      if (frame.event !== 'dtmf') return;
      const { digit } = frame.dtmf;
      if (digit === '*') {
        send({ event: 'clear' });
        return;
      }
      const now = Date.now();
      call.turn({ speaker: 'user', text: `pressed ${digit}`, startedAt: now, endedAt: now });
      call.collect({ rooms: Number(digit) });
      call.outcome('qualified', { reason: 'said how many rooms' });
    });

    // The caller has heard the greeting, and what was reported before is sent again by itself.
    if (isReconnected) return;
    call.stage('discovery');
    const startedAt = Date.now();
    call.turn({
      speaker: 'ai',
      text: QUESTION.map(({ text }) => text).join(''),
      startedAt,
      endedAt: startedAt + QUESTION.length * PART_MS,
      marks: QUESTION,
    });
    for (const { name } of QUESTION) {
      send({ event: 'media', media: { payload: PART } });
      send({ event: 'mark', mark: { name } });
    }
  },
  onLost: (error) => console.error('not recorded:', error.message),
});

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 9000) });
server.on('connection', (socket) => calls.accept(socket));
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
