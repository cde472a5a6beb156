import { type ServiceParts } from '../lifecycle/service-main.ts';
import { runLoop } from './run-loop.ts';

const EVERY_MS = 10_000;

/** What watches the other replicas of a service. */
export interface ReplicaCheck {
  /** Reports this replica, and looks at the others. */
  check(): Promise<void>;
  /** This replica stops in order. */
  leave(): Promise<void>;
}

/** Lets the replicas of a service watch each other until this one stops. */
export function watchReplicas(replicas: ReplicaCheck, { lifecycle, logger }: ServiceParts): void {
  lifecycle.onStop('replica watch', () => replicas.leave());
  runLoop({
    name: 'replica check',
    lifecycle,
    everyMs: EVERY_MS,
    task: () => replicas.check(),
    onError: (err) => logger.debug({ event: 'replicas_not_read', err }, 'the replicas could not be read'),
  });
}
