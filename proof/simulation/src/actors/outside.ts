import { type CallKey } from '@turnlog/call-events';
import { type Rng } from '@turnlog/test-kit';
import { type Scheduler } from '../kernel/scheduler.ts';
import { type PlannedConnection, type PlannedEvent } from '../plan/plan-calls.ts';
import { type Cluster } from './cluster.ts';

const TRY_AGAIN_AFTER_MS = 1_000;
/** How long a client that reports over HTTP waits for an answer. */
const REPORT_TIMEOUT_MS = 8_000;

/** The clients of the services: they address gateways by number, and retry. */
export interface Outside {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly rng: Rng;
  readonly gateways: number;
  /** Called when a connection or a report is finished. */
  readonly onDone: () => void;
}

/** The carrier opens a stream when the call begins; while its gateway is dead it retries. */
export function connectCarrier(
  { scheduler, cluster, onDone }: Outside,
  call: CallKey,
  connection: PlannedConnection,
): void {
  const startMs = connection.events[0]?.atMs ?? 0;
  const lastMs = (connection.events.at(-1)?.atMs ?? 0) - startMs;
  const connect = (): void => {
    const gateway = cluster.gateway(connection.gateway);
    if (gateway === undefined) {
      scheduler.after(TRY_AGAIN_AFTER_MS, connect);
      return;
    }
    gateway.process.startTimer(0, () => gateway.accept(call, connection));
    // Even if the gateway dies, the carrier has sent everything by then.
    scheduler.after(lastMs + 1, onDone);
  };
  scheduler.after(startMs, connect);
}

/**
 * An agent reports over HTTP to any gateway, and resends until the report is durable. A resend has the time
 * of the first attempt, as with the agents' client.
 */
export function sendReports(
  { scheduler, cluster, rng, gateways, onDone }: Outside,
  call: CallKey,
  reports: readonly PlannedEvent[],
): void {
  const happenedAtMs = new Map<string, number>();
  for (const report of reports) {
    let isAnswered = false;
    const succeed = (): void => {
      if (isAnswered) return;
      isAnswered = true;
      onDone();
    };
    const send = (): void => {
      if (isAnswered) return;
      const atMs = happenedAtMs.get(report.draft.id) ?? scheduler.nowMs;
      happenedAtMs.set(report.draft.id, atMs);
      const gateway = cluster.gateway(rng.int(0, gateways - 1));
      const tryAgain = (): void => void scheduler.after(TRY_AGAIN_AFTER_MS, send);
      if (gateway === undefined) {
        tryAgain();
        return;
      }
      let isOver = false;
      const finish = (act: () => void): void => {
        if (isOver) return;
        isOver = true;
        act();
      };
      scheduler.after(REPORT_TIMEOUT_MS, () => finish(tryAgain));
      gateway.process.startTimer(0, () => {
        gateway.report(call, report, atMs).then(
          () => finish(succeed),
          () => finish(tryAgain),
        );
      });
    };
    scheduler.after(report.atMs, send);
  }
}
