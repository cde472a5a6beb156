import { describe, expect, test } from '@jest/globals';
import { codecOf, rateParameterOf } from './codec.ts';
import { expandG711 } from './g711.ts';

describe('an encoding', () => {
  test.each([
    ['audio/x-mulaw', 'mulaw'],
    ['audio/x-mulaw;rate=8000', 'mulaw'],
    ['AUDIO/PCMU', 'mulaw'],
    ['mulaw', 'mulaw'],
    ['g711_ulaw', 'mulaw'],
    ['μ-law', 'mulaw'],
    ['pcm_mulaw', 'mulaw'],
    ['PCMU/8000', 'mulaw'],
    ['PCMU/8000/1', 'mulaw'],
    ['pcm_alaw', 'alaw'],
    ['PCMA/8000', 'alaw'],
    ['L16/16000', 'pcm16'],
    ['audio/x-alaw', 'alaw'],
    ['PCMA', 'alaw'],
    ['audio/x-raw', 'pcm16'],
    ['raw', 'pcm16'],
    ['base64', 'pcm16'],
    ['raw/slin', 'pcm16'],
    ['audio/x-l16', 'pcm16'],
    ['audio/L16;rate=16000', 'pcm16'],
    ['linear16', 'pcm16'],
    [undefined, 'pcm16'],
    ['audio/opus', undefined],
    ['gsm', undefined],
  ])('%s is %s', (encoding, codec) => {
    expect(codecOf(encoding)).toBe(codec);
  });

  test('may name its rate', () => {
    expect(rateParameterOf('audio/x-mulaw;rate=8000')).toBe('8000');
    expect(rateParameterOf('audio/x-mulaw')).toBeUndefined();
  });
});

// Source: ITU-T G.711, tables 1a to 2b, as 16-bit samples.
test.each([
  ['mulaw', 0x00, -32_124],
  ['mulaw', 0x80, 32_124],
  ['mulaw', 0x7f, 0],
  ['mulaw', 0xff, 0],
  ['mulaw', 0xfe, 8],
  ['mulaw', 0x0f, -16_764],
  ['alaw', 0xd5, 8],
  ['alaw', 0x55, -8],
  ['alaw', 0x2a, -32_256],
  ['alaw', 0xaa, 32_256],
] as const)('%s %i is %i', (codec, byte, sample) => {
  const buffer = Buffer.from([0, byte]);
  expandG711(buffer, 0, 1, codec);
  expect(buffer.readInt16LE(0)).toBe(sample);
});

test('a sample is read before it is overwritten', () => {
  const buffer = Buffer.from([9, 9, 0, 0, 0, 0x80, 0x00, 0xff, 0xfe]);
  expandG711(buffer, 1, 4, 'mulaw');
  expect(buffer[0]).toBe(9);
  const samples = [1, 3, 5, 7].map((offset) => buffer.readInt16LE(offset));
  expect(samples).toEqual([32_124, -32_124, 0, 8]);
});
