import { sleep } from '@turnlog/service-kit';
import { type Rng } from '@turnlog/test-kit';
import {
  CONTINUATION,
  frame,
  openRaw,
  openRawStream,
  PING,
  TEXT,
  text,
  upgradeRequest,
  type RawSocket,
  type Riddance,
} from './raw-socket.ts';

/** An attack of a stranger on a gateway, and how the gateway must end it. */
export interface Attack {
  readonly name: string;
  /** `1009`, `431`, `cut`: any of them is right. */
  readonly expected: readonly (number | 'cut')[];
  /** How many at once. */
  readonly attackers: number;
  readonly attack: (port: number, rng: Rng) => Promise<RawSocket>;
}

const MEGABYTE = 1024 * 1024;
const START = { stream_sid: 's', call_sid: 'CAattack', account_sid: 'a', from: '+1', to: '+2' };

/** Sends and returns; the other side's reaction is checked later. */
function sends(...frames: readonly Buffer[]) {
  return async (port: number): Promise<RawSocket> => {
    const raw = await openRawStream(port);
    for (const each of frames) raw.socket.write(each);
    return raw;
  };
}

const control = (opcode: number, options: object = {}, bytes = 0): Buffer =>
  frame(Buffer.alloc(bytes), { opcode, ...options });

/** Sockets without a valid call are closed as 1008 after START_TIMEOUT_MS. */
export const attacks: readonly Attack[] = [
  {
    name: 'connections without data',
    // 408 is Node's answer to a request that takes too long; connections beyond the limit get no answer.
    expected: [408, 'cut'],
    attackers: 1_500,
    attack: (port) => Promise.resolve(openRaw(port)),
  },
  {
    name: 'slow-loris handshakes',
    expected: [408],
    attackers: 100,
    attack: (port) => {
      const raw = openRaw(port);
      const head = upgradeRequest([`X-Slow: ${'x'.repeat(1_000)}`]);
      const drip = async (): Promise<void> => {
        for (const letter of head) {
          if (raw.socket.destroyed) return;
          raw.socket.write(letter);
          await sleep(100);
        }
      };
      drip().catch(() => undefined);
      return Promise.resolve(raw);
    },
  },
  {
    name: '2000 headers',
    expected: [431],
    attackers: 20,
    attack: (port) => {
      const raw = openRaw(port);
      raw.socket.write(upgradeRequest(Array.from({ length: 2_000 }, (_, index) => `X-${index}: ${index}`)));
      return Promise.resolve(raw);
    },
  },
  {
    name: 'random bytes instead of HTTP',
    expected: [400],
    attackers: 50,
    attack: (port, rng) => {
      const raw = openRaw(port);
      raw.socket.write(randomBuffer(rng, 4_096));
      return Promise.resolve(raw);
    },
  },
  {
    name: 'a frame of 101 MB',
    expected: [1009],
    attackers: 20,
    attack: async (port) => {
      const raw = await openRawStream(port);
      raw.socket.write(frame(Buffer.alloc(MEGABYTE), { opcode: TEXT, claimedLength: 101 * MEGABYTE }));
      return raw;
    },
  },
  {
    name: 'endless one-byte fragments',
    expected: [1008],
    attackers: 20,
    attack: async (port) => {
      const raw = await openRawStream(port);
      raw.socket.write(frame(Buffer.from('{'), { opcode: TEXT, isFinal: false }));
      const one = frame(Buffer.from(' '), { opcode: CONTINUATION, isFinal: false });
      raw.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => one)));
      return raw;
    },
  },
  {
    name: 'pings whose answers are not read',
    expected: ['cut', 1008],
    attackers: 5,
    attack: async (port) => {
      const raw = await openRawStream(port);
      raw.socket.pause();
      const pings = Buffer.concat(Array.from({ length: 10_000 }, () => control(PING, {}, 125)));
      for (let round = 0; round < 20 && !raw.socket.destroyed; round += 1) {
        raw.socket.write(pings);
        await sleep(20);
      }
      raw.socket.resume();
      return raw;
    },
  },
  {
    name: 'bad UTF-8',
    expected: [1007],
    attackers: 20,
    attack: sends(frame(Buffer.from([0xc3, 0x28]), { opcode: TEXT })),
  },
  { name: 'an invalid opcode', expected: [1002], attackers: 10, attack: sends(control(3)) },
  {
    name: 'reserved bits',
    expected: [1002],
    attackers: 10,
    attack: sends(control(TEXT, { reservedBits: 7 })),
  },
  {
    name: 'an unmasked frame',
    expected: [1002],
    attackers: 10,
    attack: sends(control(TEXT, { isMasked: false }, 4)),
  },
  {
    name: 'a continuation of nothing',
    expected: [1002],
    attackers: 10,
    attack: sends(control(CONTINUATION)),
  },
  {
    name: 'a ping in fragments',
    expected: [1002],
    attackers: 10,
    attack: sends(control(PING, { isFinal: false })),
  },
  { name: 'a ping that is too long', expected: [1002], attackers: 10, attack: sends(control(PING, {}, 126)) },
  {
    name: 'random bytes instead of frames',
    expected: [1002, 1006, 1007, 1008, 1009, 'cut'],
    attackers: 50,
    attack: async (port, rng) => {
      const raw = await openRawStream(port);
      raw.socket.write(randomBuffer(rng, 64 * 1024));
      return raw;
    },
  },
  {
    name: 'JSON that is 10,000 deep',
    expected: [1008],
    attackers: 20,
    attack: sends(text('['.repeat(10_000)), text(`{"event":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_001)}`)),
  },
  {
    name: '__proto__ in frames',
    expected: [1008],
    attackers: 20,
    attack: sends(
      text(`{"__proto__":{"event":"start","start":${JSON.stringify(START)}}}`),
      text('{"event":"__proto__","constructor":{"prototype":{"polluted":true}}}'),
      text('{"event":"toString","media":{"__proto__":{"payload":"AAAA"}}}'),
    ),
  },
];

/** An ending in the notation of {@link Attack.expected}. */
export function wordFor(riddance: Riddance | undefined): number | string {
  if (riddance === undefined) return 'still there';
  if ('status' in riddance) return riddance.status;
  return 'closeCode' in riddance ? riddance.closeCode : 'cut';
}

function randomBuffer(rng: Rng, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => rng.int(0, 255)));
}
