import { type Redis } from 'ioredis';
import { isUnknownScript, pipeScript, runScript, type Script, type ScriptArgument } from '../redis/script.ts';

/** The most runs that are sent as one pipeline. */
const MAX_RUNS = 256;

interface PendingRun {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Runs a script; runs that were asked for in one turn of the event loop travel as one pipeline. */
export function createScriptPipeline(redis: Redis, script: Script) {
  let pending: PendingRun[] = [];

  const flush = (): void => {
    const runs = pending;
    pending = [];
    for (let start = 0; start < runs.length; start += MAX_RUNS)
      send(redis, script, runs.slice(start, start + MAX_RUNS));
  };

  return (keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (pending.length === 0) setImmediate(flush);
      pending.push({ keys, args, resolve, reject });
    });
}

function send(redis: Redis, script: Script, runs: readonly PendingRun[]): void {
  const pipeline = redis.pipeline();
  for (const { keys, args } of runs) pipeScript(pipeline, script, keys, args);
  pipeline.exec().then(
    (replies) => runs.forEach((run, index) => settle(redis, script, run, replies?.[index])),
    (error: unknown) => runs.forEach(({ reject }) => reject(toError(error))),
  );
}

function settle(
  redis: Redis,
  script: Script,
  run: PendingRun,
  reply: [Error | null, unknown] | undefined,
): void {
  const [error, value] = reply ?? [new Error('Redis answered fewer commands than it was sent'), undefined];
  if (error === null) run.resolve(value);
  else if (isUnknownScript(error)) runScript(redis, script, run.keys, run.args).then(run.resolve, run.reject);
  else run.reject(error);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
