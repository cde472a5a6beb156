import { planCall, type PlaceCallOptions } from './call-plan.ts';
import { ExotelCall } from './exotel-call.ts';
import { type SimulatedCall } from './simulated-call.ts';

/**
 * Places one call as Exotel would: `connected`, `start`, media at its pace, marks returned as the bot's audio is
 * played, `stop`, close. Five hundred at once in a process are fine, above all if they share one `audio` buffer.
 * Throws on options no call could have; whatever happens to the call itself is in its report.
 */
export function placeCall(options: PlaceCallOptions): SimulatedCall {
  return new ExotelCall(planCall(options));
}
