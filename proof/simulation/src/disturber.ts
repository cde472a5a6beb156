import { callId, type CallKey } from '@turnlog/call-events';
import { type Cluster } from './actors/cluster.ts';
import { type Surroundings } from './actors/surroundings.ts';
import { type Scheduler } from './kernel/scheduler.ts';
import { Refusal } from './kernel/request.ts';
import { type Trace } from './kernel/trace.ts';
import { type Disturbance, type Plan } from './plan/plan.ts';
import { appendGarbage, GARBAGE } from './redis/append.ts';
import { listDeadLetters } from './redis/dead-letters.ts';
import { callOf } from './redis/members.ts';
import { plantOldCall } from './redis/old-call.ts';
import { type RedisState } from './redis/redis-state.ts';
import { eventIdsOf } from './verdict/event-ids.ts';
import { type Ledger } from './verdict/ledger.ts';

/** What can be disturbed. */
export interface DisturberOptions {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly surroundings: Surroundings;
  readonly cluster: Cluster;
  readonly ledger: Ledger;
}

/** Causes the planned faults of processes and servers, and records what Redis loses. */
export class Disturber {
  readonly #options: DisturberOptions;
  readonly #garbage = new Map<string, { readonly call: CallKey; readonly seq: number }>();
  #redisRestarts = 0;

  constructor(options: DisturberOptions) {
    this.#options = options;
  }

  /** The entries that are not events: `<tenant>/<callSid> <seq>`. */
  get garbage(): ReadonlySet<string> {
    return new Set(this.#garbage.keys());
  }

  disturb(disturbances: readonly Disturbance[]): void {
    for (const disturbance of disturbances) {
      const beforeMs = memoryMs(disturbance);
      if (disturbance.kind !== 'redis_restart' || beforeMs === 0)
        this.#after(disturbance.atMs, () => this.#bringAbout(disturbance));
      else
        this.#after(Math.max(0, disturbance.atMs - beforeMs), () =>
          this.#rememberUntil(disturbance, beforeMs),
        );
    }
  }

  plant(garbage: Plan['garbage']): void {
    for (const { call, atMs } of garbage) {
      this.#after(atMs, () => {
        const { redis, redisServer } = this.#options.surroundings;
        const seq = redisServer.isUp ? appendGarbage(redis, call) : undefined;
        if (seq === undefined) return;
        this.#tell(() => `${call.callSid} gets garbage at ${seq}`);
        this.#garbage.set(`${callId(call)} ${seq}`, { call, seq });
      });
    }
  }

  plantOld(oldCalls: Plan['oldCalls']): void {
    for (const old of oldCalls) {
      this.#after(old.atMs, () => {
        const { redis, redisServer } = this.#options.surroundings;
        if (!redisServer.isUp) return;
        this.#tell(() => `${old.call.callSid} of an older version has ${old.turns} turns`);
        for (const id of plantOldCall(redis, old)) this.#options.ledger.acknowledgeOld(old.call, id);
      });
    }
  }

  heal(): void {
    const { redisServer, postgresServer, postgres } = this.#options.surroundings;
    redisServer.comeUp();
    postgresServer.comeUp();
    postgres.refuse(undefined);
  }

  #bringAbout(disturbance: Disturbance, memory?: RedisState): void {
    const { cluster, surroundings } = this.#options;
    const { redisServer, postgresServer, postgres } = surroundings;
    switch (disturbance.kind) {
      case 'crash':
        cluster.crash(disturbance.service, disturbance.replica);
        break;
      case 'stop':
        cluster.stop(disturbance.service, disturbance.replica, disturbance.forMs);
        break;
      case 'redis_restart':
        this.#restartRedis(disturbance.downMs, disturbance.loses === 'nothing' ? undefined : { memory });
        break;
      case 'redis_shrinks':
        this.#shrinkRedis();
        break;
      case 'redis_freeze':
        this.#tell(() => `redis freezes for ${disturbance.forMs} ms`);
        redisServer.freezeFor(disturbance.forMs);
        break;
      case 'postgres_down':
        this.#tell(() => `postgres goes down for ${disturbance.forMs} ms`);
        postgresServer.goDown();
        this.#after(disturbance.forMs, () => postgresServer.comeUp());
        break;
      case 'postgres_refuses':
        this.#tell(() => `postgres refuses with ${disturbance.code} for ${disturbance.forMs} ms`);
        postgres.refuse(() => new Refusal(disturbance.code, 'nothing can be written at present'));
        this.#after(disturbance.forMs, () => postgres.refuse(undefined));
        break;
    }
  }

  #rememberUntil(disturbance: Disturbance & { kind: 'redis_restart' }, ms: number): void {
    const memory = this.#options.surroundings.redis.snapshot();
    const restartsBefore = this.#redisRestarts;
    this.#after(ms, () => {
      // A snapshot from before another restart is not what Redis has on its disk by now.
      if (restartsBefore === this.#redisRestarts) this.#bringAbout(disturbance, memory);
    });
  }

  #restartRedis(downMs: number, loss: { readonly memory: RedisState | undefined } | undefined): void {
    const { redisServer, redis } = this.#options.surroundings;
    const { cluster } = this.#options;
    if (!redisServer.isUp) return;
    this.#redisRestarts += 1;
    this.#tell(() => `redis goes down for ${downMs} ms`);
    redisServer.goDown();
    redis.beginRun();
    cluster.onRedisLost();
    if (loss !== undefined) this.#noteLosses(() => redis.restore(loss.memory));
    this.#after(downMs, () => {
      this.#tell(() => 'redis is back');
      redisServer.comeUp();
      cluster.onRedisReady();
    });
  }

  /** Its effects must not depend on whether a trace is kept. */
  #shrinkRedis(): void {
    const hasShrunk = this.#options.surroundings.redis.shrink();
    this.#tell(() => `redis has ${hasShrunk ? 'no room left' : 'room left'}`);
  }

  #noteLosses(lose: () => void): void {
    const { redis, postgres } = this.#options.surroundings;
    const before = [...redis.state.calls].map(
      ([member, { log }]) => [callOf(member), eventIdsOf(log)] as const,
    );
    lose();
    for (const [call, ids] of before) {
      const kept = eventIdsOf(redis.call(call).log);
      const archived = eventIdsOf(postgres.archive(call));
      const lost = [...ids].filter((id) => !kept.has(id));
      if (lost.length > 0) this.#tell(() => `redis has lost ${lost.join(' ')}`);
      for (const id of lost) this.#options.ledger.loseInRedis(call, id, archived.has(id));
    }
    const letters = new Set(listDeadLetters(redis).map(({ call, seq }) => `${callId(call)} ${seq}`));
    for (const [place, { call, seq }] of this.#garbage) {
      if (redis.call(call).log[seq - 1] !== GARBAGE && !letters.has(place)) this.#garbage.delete(place);
    }
  }

  #after(ms: number, act: () => void): void {
    this.#options.scheduler.after(ms, act);
  }

  #tell(text: () => string): void {
    this.#options.trace.tell('—', text);
  }
}

/** How old the data is with which Redis comes back. */
function memoryMs(disturbance: Disturbance): number {
  const isTail = disturbance.kind === 'redis_restart' && typeof disturbance.loses === 'object';
  return isTail ? disturbance.loses.newestMs : 0;
}
