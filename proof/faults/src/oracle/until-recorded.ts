import { readSession } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { type World } from '../world/world.ts';

/** How long a call may take that is placed to check whether the system works again. */
export const RECOVERY_TIMEOUT_MS = 90_000;
const POLL_MS = 50;

/** The words of such a call. */
export const PROBE_MESSAGE: AgentMessage = {
  event: 'turn',
  id: 'e1',
  turn: { speaker: 'user', text: 'Are you there?' },
};

/**
 * Waits until a call of one turn was folded into its live state and recorded in Postgres. Resolves to the
 * seconds since `startedAtMs`, by `performance.now()`; throws if it takes too long.
 */
export async function untilRecorded(world: World, callSid: string, startedAtMs: number): Promise<number> {
  const key = { tenant: 'default', callSid };
  while (performance.now() - startedAtMs < RECOVERY_TIMEOUT_MS) {
    const row = await world.store.readCall(key).catch(() => undefined);
    const isRecorded = row?.status === 'completed' && row.full_transcript.length === 1;
    const live = isRecorded
      ? await readSession(world.redisEye, world.space, key).catch(() => undefined)
      : undefined;
    if (live?.fields['version'] === String(row?.version)) return (performance.now() - startedAtMs) / 1000;
    await sleep(POLL_MS);
  }
  throw new Error(`a call placed after the fault was not recorded within ${RECOVERY_TIMEOUT_MS / 1000} s`);
}
