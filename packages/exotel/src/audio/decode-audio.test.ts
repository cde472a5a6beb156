import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base64ByteLength } from '../wire/base64-byte-length.ts';
import { decodeAudio } from './decode-audio.ts';

test('whole samples are decoded unchanged, and half a sample is dropped', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      fc.pre(bytes[0] !== 0x7b);
      const whole = bytes.length - (bytes.length % 2);
      expect(decodeAudio(Buffer.from(bytes).toString('base64'))).toStrictEqual({
        ok: true,
        pcm: Buffer.from(bytes.subarray(0, whole)),
      });
    }),
  );
});

test('the length of base64 determines its bytes, padded or not', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(base64ByteLength(Buffer.from(bytes).toString('base64'))).toBe(bytes.length);
      expect(base64ByteLength(Buffer.from(bytes).toString('base64url'))).toBe(bytes.length);
    }),
  );
});

test.each(['not base64!', 'AA!A', 'AAAA=AAA', '====', 'AAAAA', '\u0141AAA', '\u0939\u093f'])(
  '%j is not base64',
  (payload) => {
    expect(decodeAudio(payload)).toStrictEqual({ ok: false, reason: 'invalid_base64' });
  },
);

test('a payload that contains a frame is refused, and sound with a similar start is not', () => {
  const wrapped = Buffer.from('{"event":"media"}').toString('base64');
  expect(decodeAudio(wrapped)).toStrictEqual({ ok: false, reason: 'payload_is_json' });
  expect(decodeAudio(Buffer.from('{ sound }').toString('base64'))).toHaveProperty('ok', true);
});
