import path from 'node:path';
import { openLogFile, type LogFile } from './processes/log-file.ts';
import {
  createSupervisedService,
  type LocalService,
  type SupervisionOptions,
} from './processes/supervised-service.ts';
import { type ServiceKind, type ServicePlan } from './service-plan.ts';

export interface CrewOptions extends SupervisionOptions {
  /** Receives a log file of each service. */
  readonly logDir: string;
}

/** All services of a stack. */
export interface Crew {
  /** In the order of their plans. */
  readonly services: readonly LocalService[];
  /** Stops gateways first, so that the ends of their calls are still processed. */
  stop(): Promise<void>;
}

/** The services with their logs; none runs yet. */
export function createCrew(plans: readonly ServicePlan[], { logDir, ...options }: CrewOptions): Crew {
  const logs = new Map<string, LogFile>();
  for (const { name } of plans) logs.set(name, openLogFile(path.join(logDir, `${name}.log`)));
  const onLine = (service: string, line: string): void => {
    logs.get(service)?.write(line);
    options.onLine(service, line);
  };
  const services = plans.map((plan) => createSupervisedService(plan, { ...options, onLine }));
  const stopKinds = (...kinds: ServiceKind[]): Promise<unknown> =>
    Promise.all(services.filter(({ kind }) => kinds.includes(kind)).map((service) => service.stop()));
  return {
    services,
    stop: async () => {
      await stopKinds('gateway');
      await stopKinds('session', 'persister', 'reconciler');
      for (const log of logs.values()) log.close();
    },
  };
}
