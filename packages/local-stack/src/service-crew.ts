import path from 'node:path';
import { LogFile } from './processes/log-file.ts';
import { LocalService, type SupervisionOptions } from './processes/supervised-service.ts';
import { type ServiceKind, type ServicePlan } from './service-plan.ts';

export interface CrewOptions extends SupervisionOptions {
  /** Receives a log file of each service. */
  readonly logDir: string;
}

/** All services of a stack with their logs; none runs at first. */
export class Crew {
  /** In the order of their plans. */
  readonly services: readonly LocalService[];
  readonly #logs: ReadonlyMap<string, LogFile>;

  constructor(plans: readonly ServicePlan[], { logDir, ...options }: CrewOptions) {
    this.#logs = new Map(
      plans.map(({ name }) => {
        const file = path.join(logDir, `${name}.log`);
        const onProblem = ({ message }: Error): void =>
          options.onNotice(`${file} can't be written, and lines are lost until it can be: ${message}`);
        return [name, new LogFile(file, { onProblem })];
      }),
    );
    const onLine = (service: string, line: string): void => {
      this.#logs.get(service)?.write(line);
      options.onLine(service, line);
    };
    this.services = plans.map((plan) => new LocalService(plan, { ...options, onLine }));
  }

  /** Stops gateways first, so that the ends of their calls are still processed. */
  async stop(): Promise<void> {
    await this.#stopKinds('gateway');
    await this.#stopKinds('session', 'persister', 'reconciler');
    for (const log of this.#logs.values()) log.close();
  }

  async #stopKinds(...kinds: readonly ServiceKind[]): Promise<void> {
    await Promise.all(this.services.filter(({ kind }) => kinds.includes(kind)).map((each) => each.stop()));
  }
}
