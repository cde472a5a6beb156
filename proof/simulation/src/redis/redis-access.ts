import { type Scheduler } from '../kernel/scheduler.ts';
import { type Server } from '../kernel/server.ts';
import { type RedisModel } from './redis-model.ts';

/** A process's access to Redis, and its notifications. */
export interface RedisAccess {
  readonly server: Server;
  readonly model: RedisModel;
  readonly scheduler: Scheduler;
  readonly keepKeysMs: number;
  readonly checkpointEveryMs: number;
  readonly maxCallBytes: number;
  readonly maxPageBytes: number;
}
