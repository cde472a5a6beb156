import { shapes, type AnnouncedCall } from '@turnlog/exotel-simulator';
import { randomBytes } from 'node:crypto';

/** The carrier's frames of one call, in the documented shape. */
export function framesOf(overrides: Partial<AnnouncedCall> = {}) {
  const shape = shapes.strings;
  const call: AnnouncedCall = {
    callSid: `CA${randomBytes(8).toString('hex')}`,
    streamSid: 'stream-1',
    accountSid: 'account-1',
    from: '+919800000001',
    to: '+918047000001',
    customParameters: {},
    sampleRate: 8000,
    ...overrides,
  };
  let sequence = 1;
  return {
    callSid: call.callSid,
    connected: shape.connected(),
    start: shape.start({ ...call, sequence: 1 }),
    stop: shape.stop({ ...call, sequence: 99, reason: 'callended' }),
    /** Some milliseconds of audio in which every byte is `fill`. */
    media: (ms = 100, fill = 1): string => {
      sequence += 1;
      const payload = Buffer.alloc((ms * call.sampleRate * 2) / 1000, fill).toString('base64');
      return shape.media({ ...call, sequence, chunk: sequence - 1, timestampMs: 0, payload });
    },
    dtmf: (digit: string): string => shape.dtmf({ ...call, sequence: 50, digit, durationMs: 100 }),
    mark: (name: string): string => shape.mark({ ...call, sequence: 51, name }),
  };
}
