import { createRng, type Rng } from '@turnlog/test-kit';
import { Cluster } from './actors/cluster.ts';
import { connectCarrier, sendReports } from './actors/outside.ts';
import { redisOf, type Surroundings } from './actors/surroundings.ts';
import { RequestFaults } from './kernel/request-faults.ts';
import { Scheduler } from './kernel/scheduler.ts';
import { Server } from './kernel/server.ts';
import { SimProcess, type Kernel } from './kernel/sim-process.ts';
import { Trace } from './kernel/trace.ts';
import { Disturber } from './disturber.ts';
import { type Plan } from './plan/plan.ts';
import { PostgresModel } from './postgres/postgres-model.ts';
import { RedisModel } from './redis/redis-model.ts';
import { type Sabotage } from './sabotage.ts';
import { judge } from './verdict/judge.ts';
import { Ledger } from './verdict/ledger.ts';
import { type Tally } from './verdict/tally.ts';
import { Violations } from './verdict/violations.ts';
import { watchExpiry, watchRow } from './verdict/watch.ts';

/** Any moment will do. */
const T0 = Date.UTC(2026, 0, 25, 11, 15, 0);
/** After the last fault: enough for every timer to fire. */
const AT_LEAST_QUIET_MS = 9_000;
const AT_MOST_QUIET_MS = 300_000;

interface RunOptions {
  readonly sabotage: Sabotage | undefined;
  readonly keepTrace: boolean;
  readonly stopAtViolation: boolean;
}

/** One run: the services on servers in memory, and what happens to them. */
export class Simulation {
  readonly violations = new Violations();
  readonly trace: Trace;
  readonly #plan: Plan;
  readonly #stopAtViolation: boolean;
  readonly #scheduler = new Scheduler(T0);
  readonly #faults: RequestFaults;
  readonly #ledger = new Ledger();
  readonly #surroundings: Surroundings;
  readonly #cluster: Cluster;
  readonly #disturber: Disturber;
  readonly #kernel: Kernel;
  /** Carriers and reporters that are not finished. */
  #outstanding = 0;

  constructor(plan: Plan, { sabotage, keepTrace, stopAtViolation }: RunOptions) {
    const rng = createRng(plan.seed);
    this.#plan = plan;
    this.#stopAtViolation = stopAtViolation;
    this.trace = new Trace(this.#scheduler, keepTrace);
    this.#faults = new RequestFaults(rng.fork('requests'), plan.requests);
    this.#kernel = {
      scheduler: this.#scheduler,
      faults: this.#faults,
      trace: this.trace,
      onBroken: (error) => this.violations.add(`the simulation broke: ${String(error)}`),
    };
    this.#surroundings = this.#createServers(rng, sabotage);
    this.#cluster = new Cluster({
      plan,
      kernel: this.#kernel,
      surroundings: this.#surroundings,
      ledger: this.#ledger,
      rng: rng.fork('cluster'),
    });
    this.#disturber = new Disturber({
      scheduler: this.#scheduler,
      trace: this.trace,
      surroundings: this.#surroundings,
      cluster: this.#cluster,
      ledger: this.#ledger,
    });
    this.#invite(rng.fork('outside'));
  }

  async play(): Promise<Tally> {
    const { lastsMs, poisons, disturbances, garbage, oldCalls } = this.#plan;
    const { postgres } = this.#surroundings;
    for (const call of poisons) postgres.poison(call);
    this.#disturber.plant(garbage);
    this.#disturber.plantOld(oldCalls);
    this.#disturber.disturb(disturbances);
    const isToStop = (): boolean => this.#stopAtViolation && this.violations.found.length > 0;
    if (await this.#scheduler.runUntil(isToStop, lastsMs)) return this.#judge();

    this.trace.tell('—', () => 'everything heals');
    this.#faults.quieten();
    this.#disturber.heal();
    this.#cluster.heal();
    await this.#comeToRest();
    const tally = this.#judge();
    if (poisons.length === 0 || this.violations.found.length > 0) return tally;

    this.trace.tell('—', () => 'the cause of the dead letters is gone');
    postgres.cure();
    await this.#replayDeadLetters();
    await this.#comeToRest();
    return this.#judge();
  }

  #createServers(rng: Rng, sabotage: Sabotage | undefined): Surroundings {
    const { settings } = this.#plan;
    const space = { prefix: 'tl:', partitions: settings.partitions };
    const postgres = new PostgresModel({
      sabotage,
      onRowWritten: (call, before, after) => watchRow(this.violations, call, before, after),
    });
    const redis = new RedisModel({
      space,
      now: () => this.#scheduler.nowMs,
      maxMemoryBytes: settings.maxMemoryBytes,
      sabotage,
      onAppended: (call, id) => this.#ledger.findInRedis(call, id),
      onLogExpired: (call, log) => watchExpiry(this.violations, postgres, call, log),
    });
    const backoff = rng.fork('backoff');
    return {
      scheduler: this.#scheduler,
      settings,
      space,
      redis,
      redisServer: new Server('redis', this.#scheduler),
      isDeadly: (call) => this.#plan.arePoisonsDeadly && postgres.isPoison(call),
      postgres,
      postgresServer: new Server('postgres', this.#scheduler),
      random: () => backoff.next(),
    };
  }

  #invite(rng: Rng): void {
    const outside = {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      rng,
      gateways: this.#plan.replicas.gateway,
      onDone: () => (this.#outstanding -= 1),
    };
    for (const { call, connections, reports } of this.#plan.calls) {
      this.#outstanding += connections.length + reports.length;
      for (const connection of connections) connectCarrier(outside, call, connection);
      sendReports(outside, call, reports);
    }
  }

  /** Advances time until no work is left. */
  async #comeToRest(): Promise<void> {
    const since = this.#scheduler.nowMs;
    const isAtRest = (): boolean =>
      this.#scheduler.nowMs - since >= AT_LEAST_QUIET_MS && this.#whatIsLeft().length === 0;
    if (await this.#scheduler.runUntil(isAtRest, AT_MOST_QUIET_MS)) return;
    this.violations.add(`it never came to rest: ${this.#whatIsLeft().join(', ')}`);
  }

  #whatIsLeft(): string[] {
    const left: string[] = [];
    if (this.#outstanding > 0) left.push(`${this.#outstanding} carriers and reporters wait`);
    if (!this.#cluster.isIdle) left.push('gateways have events that are not acknowledged');
    for (const { activity, persist, live } of this.#surroundings.redis.state.partitions) {
      if (activity.entries.size > 0) left.push(`${activity.entries.size} entries in the activity feed`);
      if (persist.entries.size > 0) left.push(`${persist.entries.size} entries in the persist feed`);
      if (live.size > 0) left.push(`${[...live.keys()].join(' ')} is live`);
    }
    return left;
  }

  #judge(): Tally {
    const { redis, postgres } = this.#surroundings;
    const calls = [...this.#plan.calls, ...this.#plan.oldCalls].map(({ call }) => call);
    const garbage = this.#disturber.garbage;
    return judge({ calls, ledger: this.#ledger, redis, postgres, garbage }, this.violations);
  }

  async #replayDeadLetters(): Promise<void> {
    const operator = new SimProcess('operator', this.#kernel);
    const { letters } = redisOf(operator, this.#surroundings);
    let isDone = false;
    const replayAll = async (): Promise<void> => {
      for (const letter of await letters.list()) if (letter.kind === 'call') await letters.replay(letter);
      isDone = true;
    };
    replayAll().catch(this.#kernel.onBroken);
    await this.#scheduler.runUntil(() => isDone, AT_MOST_QUIET_MS);
  }
}
