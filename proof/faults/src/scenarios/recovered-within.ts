import { type Context } from './scenario.ts';

/**
 * Measures the time from now until a new call is accepted, folded and recorded, which must be less than this.
 * In a quick run several scenarios share the machine: there the time is measured, and not checked.
 */
export async function recoveredWithin(context: Context, limitSeconds: number): Promise<void> {
  const seconds = await context.recovered();
  const problem = `a new call was recorded after ${seconds.toFixed(1)} s, the limit is ${limitSeconds} s`;
  context.expect(seconds < limitSeconds || context.size.intensity < 1, problem);
}
