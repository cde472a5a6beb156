import { type Lifecycle } from '../lifecycle/lifecycle.ts';
import { type Health } from './health.ts';
import { type Metrics } from './metrics.ts';
import { createOpsHandler } from './ops-handler.ts';
import { startOpsServer } from './ops-server.ts';
import { type ReadinessCheck } from './readiness-check.ts';

/** What the ops endpoints of a service need. */
export interface StartOpsOptions {
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly port: number;
}

/** Serves health and metrics until the service stops. Resolves with the port; rejects if it is in use. */
export async function startOps({ lifecycle, health, metrics, port }: StartOpsOptions): Promise<number> {
  const ops = await startOpsServer({ handle: createOpsHandler({ health, metrics }), port });
  lifecycle.onStop('ops server', () => ops.close());
  return ops.port;
}

/** Passes when Redis answers a ping. */
export function answersPing(redis: { ping(): Promise<unknown> }): ReadinessCheck {
  return async () => {
    await redis.ping();
    return { ok: true };
  };
}
