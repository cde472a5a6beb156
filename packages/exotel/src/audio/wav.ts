import { isSampleRate, sampleRates, type SampleRate } from '../wire/sample-rate.ts';
import { bytesPerSample } from './duration.ts';

const headerBytes = 44;
const pcmFormat = 1;
const extensibleFormat = 0xfffe;
const remedy = 'Convert it with: ffmpeg -i in.wav -ac 1 -ar 8000 -c:a pcm_s16le out.wav';

/** A file that is not a WAV that Exotel could play; the message has the problem and how to convert it. */
export class WavFormatError extends Error {
  override name = 'WavFormatError';
  readonly code = 'wav_format';
}

/**
 * Reads a WAV of 16-bit mono PCM at 8, 16 or 24 kHz. A data chunk that claims more than the file has, as
 * streaming writers leave it, ends with the file. Throws `WavFormatError` on anything else.
 */
export function readWav(file: Buffer): { pcm: Buffer; sampleRate: SampleRate } {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new WavFormatError('Not a WAV file: it does not begin with a RIFF/WAVE header.');
  }
  const chunks = chunksOf(file);
  const format = chunks.get('fmt ');
  const data = chunks.get('data');
  if (format === undefined || format.length < 16) throw new WavFormatError('The WAV has no format chunk.');
  if (data === undefined) throw new WavFormatError('The WAV has no data chunk.');
  const sampleRate = checkFormat(format);
  return { pcm: data.subarray(0, data.length - (data.length % bytesPerSample)), sampleRate };
}

function chunksOf(file: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let offset = 12; offset + 8 <= file.length;) {
    const name = file.toString('latin1', offset, offset + 4);
    const size = file.readUInt32LE(offset + 4);
    if (!chunks.has(name)) chunks.set(name, file.subarray(offset + 8, offset + 8 + size));
    offset += 8 + size + (size % 2);
  }
  return chunks;
}

function checkFormat(format: Buffer): SampleRate {
  // An extensible header has its real format in the first two bytes of a GUID.
  const announced = format.readUInt16LE(0);
  const isExtensible = announced === extensibleFormat && format.length >= 26;
  const encoding = isExtensible ? format.readUInt16LE(24) : announced;
  const channels = format.readUInt16LE(2);
  const sampleRate = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  if (encoding !== pcmFormat) throw unsuitable(`its encoding is number ${encoding}, not PCM (1)`);
  if (bits !== 16) throw unsuitable(`its samples have ${bits} bits, not 16`);
  if (channels !== 1) throw unsuitable(`it has ${channels} channels, not 1`);
  if (!isSampleRate(sampleRate)) {
    throw unsuitable(`its rate is ${sampleRate} Hz, not one of ${sampleRates.join(', ')}`);
  }
  return sampleRate;
}

function unsuitable(reason: string): WavFormatError {
  return new WavFormatError(`Exotel could not play this WAV: ${reason}. ${remedy}`);
}

/** A WAV file of 16-bit mono PCM at any rate (Hz). */
export function writeWav(pcm: Buffer, sampleRate: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(headerBytes - 8 + pcm.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(pcmFormat, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm, Buffer.alloc(pcm.length % 2)]);
}
