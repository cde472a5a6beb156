import { type Redis } from 'ioredis';
import { runAll, type ScriptRun } from './script-pipeline.ts';
import { defineScript, type Script } from './script.ts';

/** The most runs of one call: a script blocks all other clients while it runs. */
const MAX_GROUPED_RUNS = 8;

/**
 * A script that runs for many calls at a time: a command costs both sides more than most scripts do. Each run
 * has its own KEYS and ARGV. An error of one fails its whole group.
 *
 * KEYS  those of all runs
 * ARGV  for each run its number of keys and arguments, then its arguments
 * Reply those of the runs
 */
export function defineGroupedScript(lua: string, options: { readonly repliesBytes?: boolean } = {}): Script {
  return defineScript(
    `
local function run(KEYS, ARGV)
${lua}
end
local replies, key, arg = {}, 0, 0
while arg < #ARGV do
  local keys, args = {}, {}
  local keyCount, argCount = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  for i = 1, keyCount do keys[i] = KEYS[key + i] end
  for i = 1, argCount do args[i] = ARGV[arg + 2 + i] end
  key, arg = key + keyCount, arg + 2 + argCount
  replies[#replies + 1] = run(keys, args)
end
return replies
`,
    options,
  );
}

/** Runs a grouped script; resolves to the replies in the order of the runs. Rejects with the first error. */
export async function runGrouped(
  redis: Redis,
  script: Script,
  runs: readonly ScriptRun[],
): Promise<unknown[]> {
  const groups: ScriptRun[] = [];
  for (let start = 0; start < runs.length; start += MAX_GROUPED_RUNS)
    groups.push(groupOf(runs.slice(start, start + MAX_GROUPED_RUNS)));
  return runAll(redis, script, groups);
}

function groupOf(runs: readonly ScriptRun[]): ScriptRun {
  return {
    keys: runs.flatMap(({ keys }) => keys),
    args: runs.flatMap(({ keys, args }) => [keys.length, args.length, ...args]),
  };
}
