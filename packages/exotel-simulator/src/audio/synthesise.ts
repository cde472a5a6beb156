import { bytesOfDuration, bytesPerSample } from '@turnlog/exotel';

const fullScale = 32767;
const syllablesPerSecond = 4;
const phraseSeconds = 2;
const pauseSeconds = 0.6;

/** A sine tone as 16-bit mono PCM. `amplitude` is a share of full scale. */
export function tone(wanted: {
  seconds: number;
  sampleRate: number;
  hz?: number;
  amplitude?: number;
}): Buffer {
  const { seconds, sampleRate, hz = 440, amplitude = 0.5 } = wanted;
  return render(seconds, sampleRate, (t) => amplitude * Math.sin(2 * Math.PI * hz * t));
}

/** Noise with the rhythm of speech (syllables, phrases, pauses), the same on every run. 16-bit mono PCM. */
export function speechLikeNoise(wanted: { seconds: number; sampleRate: number }): Buffer {
  const random = randomNumbers();
  let smoothed = 0;
  return render(wanted.seconds, wanted.sampleRate, (t) => {
    smoothed += 0.3 * (2 * random() - 1 - smoothed);
    const isPause = t % (phraseSeconds + pauseSeconds) > phraseSeconds;
    const syllable = Math.sin(Math.PI * syllablesPerSecond * t) ** 2;
    return isPause ? smoothed * 0.005 : smoothed * 0.6 * syllable;
  });
}

function render(seconds: number, sampleRate: number, sampleAt: (t: number) => number): Buffer {
  const pcm = Buffer.alloc(bytesOfDuration(seconds * 1000, sampleRate));
  for (let i = 0; i < pcm.length / bytesPerSample; i++) {
    pcm.writeInt16LE(Math.round(fullScale * sampleAt(i / sampleRate)), i * bytesPerSample);
  }
  return pcm;
}

// A linear congruential generator: deterministic, and random enough for a hiss.
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
