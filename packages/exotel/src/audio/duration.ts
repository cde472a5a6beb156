/** Bytes of one sample: 16 bits, mono. */
export const bytesPerSample = 2;

/** The duration of 16-bit mono PCM in milliseconds. Half a sample does not count. */
export function durationMs(bytes: number, sampleRate: number): number {
  return (Math.floor(bytes / bytesPerSample) * 1000) / sampleRate;
}

/** The bytes of this many milliseconds of 16-bit mono PCM, in whole samples. */
export function bytesOfDuration(ms: number, sampleRate: number): number {
  return Math.round((ms * sampleRate) / 1000) * bytesPerSample;
}
