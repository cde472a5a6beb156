import { playCalls } from '../load/start-load.ts';
import { type PlannedCall } from '../ledger/planned-call.ts';
import { type World } from '../world/world.ts';
import { PROBE_MESSAGE, RECOVERY_TIMEOUT_MS, untilRecorded } from './until-recorded.ts';

/**
 * Places a call and waits until it was accepted, folded into its live state, and recorded in Postgres.
 * Resolves to the seconds that took; throws if it takes too long.
 */
export async function measureRecovery(world: World, name: string): Promise<number> {
  const startedAtMs = performance.now();
  const call: PlannedCall = {
    callSid: name,
    startAfterMs: 0,
    via: 'http',
    hasLine: true,
    lateEvents: 0,
    events: [{ afterMs: 0, message: PROBE_MESSAGE, isRepeated: false }],
  };
  await playCalls(world, [call], RECOVERY_TIMEOUT_MS).finished;
  return untilRecorded(world, name, startedAtMs);
}
