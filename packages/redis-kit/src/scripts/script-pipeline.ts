import { type ChainableCommander, type Redis } from 'ioredis';
import { microBatch, type Asked } from './micro-batch.ts';
import { isUnknownScript, pipeScript, runScript, type Script, type ScriptArgument } from './script.ts';

/** The most runs of one pipeline. */
const MAX_RUNS = 256;

/** The keys and arguments of one run of a script. */
export interface ScriptRun {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

/** Commands behind the runs of a pipeline that check whether their writes are durable. */
export interface Barrier {
  /** The reply of the last command counts. */
  readonly pipe: (pipeline: ChainableCommander) => ChainableCommander;
  /** Why the runs are not durable, in words. */
  readonly problemOf: (reply: unknown) => string | undefined;
}

/** Runs a script; the runs of one turn of the event loop are sent as one pipeline. */
export function createScriptPipeline(redis: Redis, script: Script) {
  const run = microBatch<ScriptRun, unknown>((asked) => pipeRuns(redis, script, asked));
  return (keys: readonly string[], args: readonly ScriptArgument[]) => run({ keys, args });
}

/** Runs a script many times at once; resolves to the replies, in the order of the runs. */
export function runScripts(redis: Redis, script: Script, runs: readonly ScriptRun[]): Promise<unknown[]> {
  const asked: Asked<ScriptRun, unknown>[] = [];
  const replies = runs.map(
    (request) => new Promise((resolve, reject) => asked.push({ request, resolve, reject })),
  );
  pipeRuns(redis, script, asked);
  return Promise.all(replies);
}

/** The same for a script that replies with a list of outcomes. Rejects with the first error in them. */
export async function runAll(redis: Redis, script: Script, runs: readonly ScriptRun[]): Promise<unknown[]> {
  const replies = ((await runScripts(redis, script, runs)) as unknown[][]).flat();
  const error = replies.find((reply) => reply instanceof Error);
  if (error !== undefined) throw error;
  return replies;
}

/** Sends runs of a script as pipelines. Each resolves with its reply, and rejects if the barriers do not pass. */
export function pipeRuns(
  redis: Redis,
  script: Script,
  asked: readonly Asked<ScriptRun, unknown>[],
  barriers: readonly Barrier[] = [],
): void {
  for (let start = 0; start < asked.length; start += MAX_RUNS)
    send(redis, script, asked.slice(start, start + MAX_RUNS), barriers);
}

function send(
  redis: Redis,
  script: Script,
  asked: readonly Asked<ScriptRun, unknown>[],
  barriers: readonly Barrier[],
): void {
  const pipeline = redis.pipeline();
  for (const { request } of asked) pipeScript(pipeline, script, request.keys, request.args);
  const shortfallOf = pipeBarriers(pipeline, barriers);
  pipeline
    .exec()
    .then((replies) => {
      const unsafe = shortfallOf(replies);
      asked.forEach((each, index) =>
        settle(redis, script, each, { reply: replies?.[index], barriers, unsafe }),
      );
    })
    .catch((error: unknown) => asked.forEach(({ reject }) => reject(toError(error))));
}

/** Adds barriers to a pipeline; the result reads from its replies why the writes are not durable. */
function pipeBarriers(pipeline: ChainableCommander, barriers: readonly Barrier[]) {
  const places = barriers.map((barrier) => ({ barrier, index: barrier.pipe(pipeline).length - 1 }));
  return (replies: readonly [Error | null, unknown][] | null): Error | undefined => {
    for (const { barrier, index } of places) {
      const [error, reply] = replies?.[index] ?? [new Error('Redis answered nothing'), undefined];
      if (error !== null) return error;
      const problem = barrier.problemOf(reply);
      if (problem !== undefined) return new Error(`written, but not durable: ${problem}`);
    }
    return undefined;
  };
}

/** The result of one run of a pipeline, and of the barriers behind all of them. */
interface RunReply {
  readonly reply: [Error | null, unknown] | undefined;
  readonly barriers: readonly Barrier[];
  readonly unsafe: Error | undefined;
}

function settle(
  redis: Redis,
  script: Script,
  { request, resolve, reject }: Asked<ScriptRun, unknown>,
  { reply, barriers, unsafe }: RunReply,
): void {
  const [error, value] = reply ?? [new Error('Redis answered fewer commands than it was sent'), undefined];
  if (error === null) {
    if (unsafe === undefined) resolve(value);
    else reject(unsafe);
  } else if (isUnknownScript(error)) runWhole(redis, script, request, barriers).then(resolve, reject);
  else reject(error);
}

/** By its text, and with barriers of its own. */
async function runWhole(
  redis: Redis,
  script: Script,
  { keys, args }: ScriptRun,
  barriers: readonly Barrier[],
): Promise<unknown> {
  const reply = await runScript(redis, script, keys, args);
  if (barriers.length === 0) return reply;
  const pipeline = redis.pipeline();
  const shortfallOf = pipeBarriers(pipeline, barriers);
  const unsafe = shortfallOf(await pipeline.exec());
  if (unsafe !== undefined) throw unsafe;
  return reply;
}

/** A thrown value as an error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
