import { type AudioCodec } from './codec.ts';

// Source: ITU-T G.711.
const MULAW_BIAS = 0x84;

function mulawSample(byte: number): number {
  const code = ~byte & 0xff;
  const exponent = (code >> 4) & 0x07;
  const magnitude = (((code & 0x0f) << 3) + MULAW_BIAS) << exponent;
  return (code & 0x80) === 0 ? magnitude - MULAW_BIAS : MULAW_BIAS - magnitude;
}

function alawSample(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 0x07;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

const TABLES: Readonly<Record<Exclude<AudioCodec, 'pcm16'>, Int16Array>> = {
  mulaw: Int16Array.from({ length: 256 }, (_, byte) => mulawSample(byte)),
  alaw: Int16Array.from({ length: 256 }, (_, byte) => alawSample(byte)),
};

/**
 * Expands samples of G.711 to 16-bit little-endian PCM, within one buffer: `count` bytes at `offset + count`
 * become twice as many at `offset`. Each is read before it is overwritten.
 */
export function expandG711(
  buffer: Buffer,
  offset: number,
  count: number,
  codec: Exclude<AudioCodec, 'pcm16'>,
): void {
  const table = TABLES[codec];
  for (let index = 0; index < count; index += 1) {
    const sample = table[buffer[offset + count + index] ?? 0] ?? 0;
    buffer[offset + 2 * index] = sample & 0xff;
    buffer[offset + 2 * index + 1] = (sample >> 8) & 0xff;
  }
}
