import { createRng, type Rng } from '@turnlog/test-kit';
import { startOf, type PlannedCall, type PlannedEvent } from './plan-calls.ts';
import { type Disturbance, type Plan, type Settings } from './plan.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Those of production. */
const SETTINGS: Settings = {
  partitions: 1,
  heartbeatEveryMs: 10 * SECOND_MS,
  lostAfterMs: 45 * SECOND_MS,
  sweepEveryMs: 5 * SECOND_MS,
  checkpointEveryMs: 30 * SECOND_MS,
  claimIdleMs: 15 * SECOND_MS,
  keepKeysMs: HOUR_MS,
  blockMs: 2 * SECOND_MS,
  batchCalls: 100,
  cachedCalls: 100,
  maxCallBytes: 16 * 1024 * 1024,
  maxPageBytes: 256 * 1024,
  maxMemoryBytes: Infinity,
};

/**
 * A call of four hours, with Postgres unavailable for two of them; other calls end before, in and after that
 * time, and agents report late. Services are killed in the meantime.
 */
export function planLongCall(seed: number): Plan {
  const rng = createRng(seed);
  const awayFromMs = rng.int(50 * MINUTE_MS, 70 * MINUTE_MS);
  const backAtMs = awayFromMs + 2 * HOUR_MS;
  return {
    seed,
    lastsMs: 4 * HOUR_MS + 80 * MINUTE_MS,
    settings: SETTINGS,
    replicas: { gateway: 1, session: 1, persister: 1 },
    keepsNames: true,
    requests: { trouble: 0.001, crash: 0, slow: 0 },
    disturbances: [
      { kind: 'postgres_down', atMs: awayFromMs, forMs: backAtMs - awayFromMs },
      ...kills(rng, 4 * HOUR_MS),
    ],
    calls: [
      planCall(rng, 'CAlong', 0, 4 * HOUR_MS),
      // Its keys would be gone in the middle of the outage if they did not wait for the row.
      planCall(rng, 'CAbefore', 10 * MINUTE_MS, awayFromMs - rng.int(1, 20) * SECOND_MS),
      planCall(rng, 'CAwithin', awayFromMs - MINUTE_MS, awayFromMs + rng.int(1, 50) * MINUTE_MS),
      planCall(rng, 'CAafter', backAtMs - MINUTE_MS, backAtMs + 10 * MINUTE_MS),
    ],
    poisons: [],
    arePoisonsDeadly: false,
    oldCalls: [],
    garbage: [],
  };
}

function kills(rng: Rng, withinMs: number): Disturbance[] {
  return Array.from({ length: 4 }, () => ({
    kind: 'crash' as const,
    service: rng.pick(['session', 'persister'] as const),
    replica: 0,
    atMs: rng.int(MINUTE_MS, withinMs),
  }));
}

function planCall(rng: Rng, callSid: string, startMs: number, endMs: number): PlannedCall {
  const connectionId = `${callSid}-c1`;
  const start: PlannedEvent = {
    atMs: startMs,
    draft: { type: 'call.started', data: { connectionId }, id: startOf(connectionId) },
    rememberId: false,
  };
  const end: PlannedEvent = {
    atMs: endMs,
    draft: { type: 'call.ended', data: { connectionId, reason: 'callended' }, id: `${connectionId}-end` },
    rememberId: false,
  };
  const turns: PlannedEvent[] = [];
  for (let atMs = startMs + SECOND_MS; atMs < endMs; atMs += rng.int(10, 50) * SECOND_MS) {
    turns.push(planTurn(`${connectionId}-${turns.length}`, atMs, false));
  }
  const lateMs = [5 * MINUTE_MS, 70 * MINUTE_MS].map((afterMs) => endMs + afterMs);
  return {
    call: { tenant: 'default', callSid },
    connections: [{ connectionId, gateway: 0, clockOffMs: 0, events: [start, ...turns, end] }],
    reports: lateMs.map((atMs, index) => planTurn(`turn:${callSid}-late${index}`, atMs, true)),
  };
}

function planTurn(id: string, atMs: number, rememberId: boolean): PlannedEvent {
  const data = { speaker: 'user' as const, text: `what ${id} says` };
  return { atMs, draft: { type: 'turn.completed', data, id }, rememberId };
}
