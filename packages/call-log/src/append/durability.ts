import { type ChainableCommander, type Redis } from 'ioredis';
import { durabilityKey, type KeySpace } from '../keys.ts';
import { execAll, type Barrier } from '@turnlog/redis-kit';

/**
 * What an acknowledged append has survived.
 *
 * `redis` Redis executed it; a crash loses what Redis has not persisted yet
 * `disk` it is on the disk of the primary
 * `replica` this number of replicas has it in memory
 */
export type Durability =
  | { readonly level: 'redis' }
  | { readonly level: 'disk'; readonly timeoutMs: number }
  | { readonly level: 'replica'; readonly replicas: number; readonly timeoutMs: number };

/** This server cannot provide the durability; retrying does not help. */
export class UnkeepableDurabilityError extends Error {
  override readonly name = 'UnkeepableDurabilityError';
}

/**
 * Finds the barrier that a server needs behind each append for a durability; `undefined` if the server
 * provides it by itself. Throws {@link UnkeepableDurabilityError}, with the remedy, if it cannot be provided.
 */
export async function findBarrier(
  redis: Redis,
  space: KeySpace,
  durability: Durability,
): Promise<Barrier | undefined> {
  if (durability.level === 'redis') return undefined;
  if (durability.level === 'replica') return replicaBarrier(space, durability);
  if (await isConfirmed(() => fsyncsAlways(redis))) return undefined;
  if (await isConfirmed(() => hasWaitAof(redis))) return diskBarrier(space, durability);
  throw new UnkeepableDurabilityError(
    'the durability "disk" needs a Redis with appendonly yes and appendfsync always, or Redis 7.2 and later with ' +
      'appendonly yes; change its configuration, or choose the durability "redis"',
  );
}

/** Writes a little behind the same barrier. Rejects if an append would not be acknowledged. */
export async function tryWrite(redis: Redis, space: KeySpace, barrier: Barrier | undefined): Promise<void> {
  const pipeline = redis.pipeline();
  const replies = await execAll(barrier?.pipe(pipeline) ?? pipeMark(pipeline, space));
  const problem = barrier?.problemOf(replies.at(-1));
  if (problem !== undefined) throw new Error(problem);
}

/** Source: https://redis.io/commands/wait, the reply is the number of replicas that have it. */
function replicaBarrier(
  space: KeySpace,
  { replicas, timeoutMs }: Extract<Durability, { level: 'replica' }>,
): Barrier {
  return {
    pipe: (pipeline) => pipeMark(pipeline, space).call('WAIT', replicas, timeoutMs),
    problemOf: (reply) =>
      Number(reply) >= replicas ? undefined : `${String(reply)} of ${replicas} replicas have the events`,
  };
}

/** Source: https://redis.io/commands/waitaof, the reply is [1 when it is on the local disk, number of replicas]. */
function diskBarrier(space: KeySpace, { timeoutMs }: Extract<Durability, { level: 'disk' }>): Barrier {
  return {
    pipe: (pipeline) => pipeMark(pipeline, space).call('WAITAOF', 1, 0, timeoutMs),
    problemOf: (reply) =>
      Number((reply as unknown[])[0]) >= 1 ? undefined : 'the events are not on the disk',
  };
}

/**
 * Both commands wait for the last write of their own connection. A resent append over a new connection, if it
 * is a duplicate, writes nothing: without this write, a server that considers only the connection's writes
 * would answer at once.
 */
function pipeMark(pipeline: ChainableCommander, space: KeySpace): ChainableCommander {
  return pipeline.set(durabilityKey(space), '');
}

async function fsyncsAlways(redis: Redis): Promise<boolean> {
  const [, appendonly] = await redis.config('GET', 'appendonly');
  const [, appendfsync] = await redis.config('GET', 'appendfsync');
  return appendonly === 'yes' && appendfsync === 'always';
}

/** Tried once: a compatible server's version does not show its commands. Fails without an append-only file. */
async function hasWaitAof(redis: Redis): Promise<boolean> {
  await redis.call('WAITAOF', 1, 0, 1);
  return true;
}

/** False if the server refuses the command, such as a forbidden `CONFIG`: then the answer is unknown. */
async function isConfirmed(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return false;
    throw error;
  }
}
