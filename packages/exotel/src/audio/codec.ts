/** The encoding of a payload's samples. */
export type AudioCodec = 'pcm16' | 'mulaw' | 'alaw';

const NAMES: Readonly<Record<AudioCodec, readonly string[]>> = {
  // `base64` is the transport: live calls use it for 16-bit PCM.
  pcm16: [
    ...['raw', 'base64', 'pcm', 'pcm16', 'pcms16le', 's16le', 'l16', 'linear', 'linear16', 'lin16', ''],
    ...['linear16pcm', 'slin', 'slin8', 'slin16', 'slin24', 'rawslin', 'rawpcm', 'signedlinear'],
    ...['pcm16bit', 'wav'],
  ],
  // `audio/basic` is μ-law by definition: RFC 2046, section 4.3.
  mulaw: ['mulaw', 'ulaw', 'pcmu', 'pcmmulaw', 'pcmulaw', 'g711u', 'g711ulaw', 'g711mulaw', 'basic'],
  alaw: ['alaw', 'pcma', 'pcmalaw', 'g711a', 'g711alaw'],
};

const CODECS = new Map(
  Object.entries(NAMES).flatMap(([codec, names]) => names.map((name) => [name, codec as AudioCodec])),
);

/**
 * The codec of an encoding, such as `audio/x-mulaw;rate=8000` or `PCMU/8000`; undefined if it is unknown.
 * Without an encoding it is 16-bit PCM.
 */
export function codecOf(encoding: string | undefined): AudioCodec | undefined {
  const [name = ''] = (encoding ?? '').toLowerCase().split(';', 1);
  const plain = name
    .replace(/[µμ]/g, 'mu')
    .replace(/^\s*audio\//, '')
    .replace(/^x-/, '')
    // As SDP writes it: name, rate, channels.
    .replace(/(?:\/\d+)+\s*$/, '')
    .replace(/[^a-z\d]/g, '');
  return CODECS.get(plain);
}

/** The rate in an encoding's parameter; undefined if it has none. */
export function rateParameterOf(encoding: string | undefined): string | undefined {
  return /;\s*rate=(\d{1,6})/i.exec(encoding ?? '')?.[1];
}
