import { type Pace } from '@turnlog/exotel-simulator';
import { envValue } from '@turnlog/service-kit';

/** A pace as it is written on the command line. */
export const pace = envValue<Pace>('realtime, flat-out, or how many times faster than life', (text) => {
  if (text === 'realtime' || text === 'flat-out') return { value: text };
  const factor = Number(text);
  return factor > 0 && factor < 1e6 ? { value: factor } : { problem: `got ${JSON.stringify(text)}` };
});

/** How many times faster than life; `Infinity` for flat-out. */
export function speedOf(pace: Pace): number {
  if (pace === 'realtime') return 1;
  return pace === 'flat-out' ? Infinity : pace;
}
