import { type Redis } from 'ioredis';
import { runTogether, type Asked } from './run-together.ts';
import { isUnknownScript, pipeScript, runScript, type Script, type ScriptArgument } from './script.ts';

/** The most runs that are sent as one pipeline. */
const MAX_RUNS = 256;

/** What one run of a script is given. */
export interface ScriptRun {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

/** Runs a script; runs that were asked for in one turn of the event loop travel as one pipeline. */
export function createScriptPipeline(redis: Redis, script: Script) {
  const run = runTogether<ScriptRun, unknown>((asked) => pipeRuns(redis, script, asked));
  return (keys: readonly string[], args: readonly ScriptArgument[]) => run({ keys, args });
}

/** Sends runs of a script as pipelines, and tells each what came of it. */
export function pipeRuns(redis: Redis, script: Script, asked: readonly Asked<ScriptRun, unknown>[]): void {
  for (let start = 0; start < asked.length; start += MAX_RUNS)
    send(redis, script, asked.slice(start, start + MAX_RUNS));
}

function send(redis: Redis, script: Script, asked: readonly Asked<ScriptRun, unknown>[]): void {
  const pipeline = redis.pipeline();
  for (const { request } of asked) pipeScript(pipeline, script, request.keys, request.args);
  pipeline.exec().then(
    (replies) => asked.forEach((each, index) => settle(redis, script, each, replies?.[index])),
    (error: unknown) => asked.forEach(({ reject }) => reject(toError(error))),
  );
}

function settle(
  redis: Redis,
  script: Script,
  { request, resolve, reject }: Asked<ScriptRun, unknown>,
  reply: [Error | null, unknown] | undefined,
): void {
  const [error, value] = reply ?? [new Error('Redis answered fewer commands than it was sent'), undefined];
  if (error === null) resolve(value);
  else if (isUnknownScript(error)) runScript(redis, script, request.keys, request.args).then(resolve, reject);
  else reject(error);
}

/** What was thrown, as an error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
