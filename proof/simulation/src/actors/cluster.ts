import { type Rng } from '@turnlog/test-kit';
import { SimProcess, type Kernel } from '../kernel/sim-process.ts';
import { type Plan, type ServiceName } from '../plan/plan.ts';
import { type Ledger } from '../verdict/ledger.ts';
import { Gateway } from './gateway.ts';
import { startPersister } from './persister.ts';
import { Session } from './session.ts';
import { type Surroundings } from './surroundings.ts';

/** One replica: its current life, and the next one. */
interface Replica {
  readonly service: ServiceName;
  readonly name: string;
  lives: number;
  process: SimProcess;
  gateway: Gateway | undefined;
  session: Session | undefined;
}

/** The parts of a cluster. */
export interface ClusterOptions {
  readonly plan: Plan;
  readonly kernel: Kernel;
  readonly surroundings: Surroundings;
  readonly ledger: Ledger;
  readonly rng: Rng;
}

/** All replicas of all services. A dead one is restarted after a while. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #replicas: Replica[] = [];
  #isHealed = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { replicas } = options.plan;
    for (const service of ['gateway', 'session', 'persister'] as const) {
      for (let number = 0; number < replicas[service]; number += 1) {
        this.#replicas.push(this.#start(service, `${service}-${number + 1}`));
      }
    }
  }

  /** The gateway of this number, unless it is dead. */
  gateway(number: number): Gateway | undefined {
    const replica = this.#replicas.filter(({ service }) => service === 'gateway')[number];
    return replica?.process.isAlive === true ? replica.gateway : undefined;
  }

  /** No gateway has unacknowledged events. */
  get isIdle(): boolean {
    return this.#replicas.every(({ process, gateway }) => process.isAlive && gateway?.isIdle !== false);
  }

  crash(service: ServiceName, number: number): void {
    this.#find(service, number)?.process.die();
  }

  stop(service: ServiceName, number: number, forMs: number): void {
    const process = this.#find(service, number)?.process;
    process?.stop();
    this.#options.kernel.scheduler.after(forMs, () => process?.goOn());
  }

  /** Every replica runs from now on, and dead ones are started soon. */
  heal(): void {
    this.#isHealed = true;
    for (const { process } of this.#replicas) process.goOn();
  }

  onRedisLost(): void {
    for (const { process, session } of this.#replicas) process.startTimer(0, () => session?.onRedisLost());
  }

  onRedisReady(): void {
    for (const { process, gateway } of this.#replicas) process.startTimer(5, () => gateway?.onRedisReady());
  }

  #find(service: ServiceName, number: number): Replica | undefined {
    return this.#replicas.filter((replica) => replica.service === service)[number];
  }

  #start(service: ServiceName, name: string): Replica {
    const process = new SimProcess(name, this.#options.kernel);
    const replica: Replica = { service, name, lives: 0, process, gateway: undefined, session: undefined };
    this.#live(replica, process);
    return replica;
  }

  #live(replica: Replica, process: SimProcess): void {
    const { surroundings, ledger, kernel, rng } = this.#options;
    replica.process = process;
    replica.lives += 1;
    process.tell(() => 'starts');
    process.onDeath(() =>
      kernel.scheduler.after(this.#isHealed ? 100 : rng.int(100, 10_000), () => this.#revive(replica)),
    );
    switch (replica.service) {
      case 'gateway':
        replica.gateway = new Gateway(process, surroundings, ledger);
        break;
      case 'session':
        replica.session = new Session(process, surroundings);
        break;
      case 'persister':
        startPersister(process, surroundings);
        break;
    }
  }

  #revive(replica: Replica): void {
    const { plan, kernel } = this.#options;
    const name = plan.keepsNames ? replica.name : `${replica.name}.${replica.lives + 1}`;
    this.#live(replica, new SimProcess(name, kernel));
  }
}
