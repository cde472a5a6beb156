import { describe, expect, test } from '@jest/globals';
import { readWav, WavFormatError, writeWav } from './wav.ts';

const pcm = Buffer.from(
  Int16Array.from({ length: 800 }, (_, i) => Math.round(16_000 * Math.sin(i / 3))).buffer,
);

test.each([8000, 16000, 24000])('a WAV at %i Hz reads back as it was written', (sampleRate) => {
  expect(readWav(writeWav(pcm, sampleRate))).toStrictEqual({ pcm, sampleRate });
});

describe('readWav', () => {
  const patched = (patch: (file: Buffer) => void): Buffer => {
    const file = writeWav(pcm, 8000);
    patch(file);
    return file;
  };

  test('skips chunks it does not know', () => {
    const file = writeWav(pcm, 8000);
    const odd = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    expect(readWav(Buffer.concat([file.subarray(0, 36), odd, file.subarray(36)])).pcm).toStrictEqual(pcm);
  });

  test('reads to the end of the file if the data chunk claims more', () => {
    expect(readWav(patched((file) => file.writeUInt32LE(0xffffffff, 40))).pcm).toStrictEqual(pcm);
  });

  test.each<[string, Buffer, RegExp]>([
    ['something else', Buffer.from('ID3 not a wav at all'), /Not a WAV file/],
    ['nothing', Buffer.alloc(0), /Not a WAV file/],
    ['a header alone', Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), /no format chunk/],
    ['no data', writeWav(pcm, 8000).subarray(0, 36), /no data chunk/],
    ['mu-law', patched((file) => file.writeUInt16LE(7, 20)), /encoding is number 7.*ffmpeg/],
    ['stereo', patched((file) => file.writeUInt16LE(2, 22)), /2 channels.*ffmpeg/],
    ['44.1 kHz', writeWav(pcm, 44100), /44100 Hz, not one of 8000, 16000, 24000/],
    ['24 bits', patched((file) => file.writeUInt16LE(24, 34)), /24 bits/],
  ])('refuses %s with the reason', (_, file, message) => {
    expect(() => readWav(file)).toThrow(WavFormatError);
    expect(() => readWav(file)).toThrow(message);
  });
});
