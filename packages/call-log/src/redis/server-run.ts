import { type Redis } from 'ioredis';

/** Enough of a run's 40 digits to tell the few runs apart that one call can see. */
const DIGITS = 12;

const trackers = new WeakMap<Redis, () => Promise<string>>();

/**
 * Tells which run of which server a client is connected to: asked for once per connection, as a server can't be started
 * again or give way to another without breaking it.
 */
export function trackServerRun(redis: Redis): () => Promise<string> {
  const tracker = trackers.get(redis) ?? createTracker(redis);
  trackers.set(redis, tracker);
  return tracker;
}

function createTracker(redis: Redis): () => Promise<string> {
  let known: Promise<string> | undefined;
  const forget = (): void => {
    known = undefined;
  };
  redis.on('close', forget);

  const ask = async (): Promise<string> => {
    try {
      return readRunId(await redis.info('server'));
    } catch (error) {
      forget();
      throw error;
    }
  };
  return () => (known ??= ask());
}

function readRunId(info: string): string {
  const run = /^run_id:([0-9a-f]+)/m.exec(info)?.[1];
  if (run === undefined)
    throw new Error('Redis does not say which run of the server this is (INFO server: run_id)');
  return run.slice(0, DIGITS);
}
