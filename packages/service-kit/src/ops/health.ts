import { type Clock, monotonicClock } from '../clock.ts';
import { createHeartbeats, type Heartbeat, type HeartbeatReport } from './heartbeat.ts';
import { boundedCheck, type CheckOutcome, type ReadinessCheck } from './readiness-check.ts';

/** The body of `/healthz`. */
export interface LivenessReport {
  status: 'alive' | 'stuck';
  loops: Record<string, HeartbeatReport>;
}

/** The body of `/readyz`. */
export interface ReadinessReport {
  status: 'ready' | 'not ready' | 'stopping';
  checks: Record<string, CheckOutcome>;
}

/**
 * Liveness asks whether this process still turns and depends on nothing else: a restart doesn't mend a dependency.
 * Readiness asks whether it should be given work now.
 */
export interface Health {
  /** Watches a loop: not alive once it has been silent for longer than `maxSilenceMs`. */
  heartbeat(name: string, options: { maxSilenceMs: number }): Heartbeat;
  /** Adds a check; its deadline is 1 s by default. */
  readinessCheck(name: string, check: ReadinessCheck, options?: { timeoutMs?: number }): void;
  liveness(): LivenessReport;
  /** Never rejects. */
  readiness(): Promise<ReadinessReport>;
}

export interface CreateHealthOptions {
  /** `() => lifecycle.isStopping`. */
  isStopping: () => boolean;
  clock?: Clock;
}

export function createHealth({ isStopping, clock = monotonicClock }: CreateHealthOptions): Health {
  const heartbeats = createHeartbeats(clock);
  const checks = new Map<string, ReadinessCheck>();
  return {
    heartbeat: (name, options) => heartbeats.start(name, options),
    readinessCheck(name, check, { timeoutMs = 1000 } = {}) {
      checks.set(name, boundedCheck(check, timeoutMs));
    },
    liveness() {
      const loops = heartbeats.report();
      return { status: Object.values(loops).every((loop) => loop.ok) ? 'alive' : 'stuck', loops };
    },
    async readiness() {
      if (isStopping()) return { status: 'stopping', checks: {} };
      const outcomes = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await check()] as const),
      );
      const isReady = outcomes.every(([, outcome]) => outcome.ok);
      return { status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(outcomes) };
    },
  };
}
