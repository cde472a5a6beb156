import { sleep } from '@turnlog/service-kit';
import { readSession } from '@turnlog/call-log';
import { playCalls } from '../load/start-load.ts';
import { type PlannedCall } from '../load/planned-call.ts';
import { type World } from '../world/world.ts';

const POLL_MS = 50;
const TIMEOUT_MS = 90_000;

/**
 * Places a call now and waits until it was taken, folded into its live state, and recorded in Postgres. Resolves to the
 * seconds that took; throws when it takes too long.
 */
export async function measureRecovery(world: World, name: string): Promise<number> {
  const startedAt = performance.now();
  const call: PlannedCall = {
    callSid: name,
    startAfterMs: 0,
    via: 'http',
    hasLine: true,
    lateEvents: 0,
    events: [probeEvent()],
  };
  await playCalls(world, [call], TIMEOUT_MS).finished;
  const key = { tenant: 'default', callSid: name };
  while (performance.now() - startedAt < TIMEOUT_MS) {
    const row = await world.store.readCall(key).catch(() => undefined);
    const isRecorded = row?.status === 'completed' && row.full_transcript.length === 1;
    const live = isRecorded
      ? await readSession(world.redisEye, world.space, key).catch(() => undefined)
      : undefined;
    if (live?.fields['version'] === String(row?.version)) return (performance.now() - startedAt) / 1000;
    await sleep(POLL_MS);
  }
  throw new Error(`a call placed after the fault was not recorded within ${TIMEOUT_MS / 1000} s`);
}

function probeEvent(): PlannedCall['events'][number] {
  const message = { event: 'turn', id: 'e1', turn: { speaker: 'user', text: 'Are you there?' } };
  return { afterMs: 0, message, isRepeated: false };
}
