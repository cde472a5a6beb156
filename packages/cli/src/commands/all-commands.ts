import type { Command } from '../command.ts';

const modules = {
  up: () => import('./up.ts'),
  calls: () => import('./calls.ts'),
  show: () => import('./show.ts'),
  monitor: () => import('./monitor.ts'),
  verify: () => import('./verify.ts'),
  refold: () => import('./refold.ts'),
  audio: () => import('./audio.ts'),
  recording: () => import('./recording.ts'),
  'dead-letters': () => import('./dead-letters.ts'),
  erase: () => import('./erase.ts'),
  hold: () => import('./hold.ts'),
  retention: () => import('./retention.ts'),
  simulate: () => import('./simulate.ts'),
  load: () => import('./load.ts'),
  tenants: () => import('./tenants.ts'),
  call: () => import('./call.ts'),
  migrate: () => import('./migrate.ts'),
};

/** The name of a command. */
export type CommandName = keyof typeof modules;

/** What each command does, in the order of the help. */
export const summaries: Readonly<Record<CommandName, string>> = {
  up: 'run the whole system on this machine (npm start)',
  calls: 'list calls, the latest first',
  show: 'show the record of a call: its facts, the collected data, and every turn',
  monitor: 'watch calls as they happen, over all gateways',
  verify: 'fold the archive of a call, or of all, again and compare it with the record',
  refold: 'fold the records of an earlier version again, from their archives, after an upgrade',
  audio: "write a call's audio to a WAV file, while Redis still has it",
  recording: "fetch Exotel's recording of a call into a file",
  'dead-letters': 'list what could not be persisted, show it, or persist it again',
  erase: 'remove a call, or a person, from Redis, Postgres, the archive, the dead letters and the spools',
  hold: 'keep a call from retention and erasure, release it, or list held calls',
  retention:
    'delete transcripts, archives and audio that are older than their tenants keep them; for a timer',
  simulate: 'call your own bot as Exotel would, and show what is heard, reported and recorded',
  load: 'place many calls as Exotel would, with an agent that reports what is said',
  tenants: 'list who may stream and report, add one, change its secrets or its policy, revoke it',
  call: 'place a call through Exotel, once; or show the outcome of one that may exist',
  migrate: 'bring the schema of the database up to date',
};

/** Whether there is a command of this name. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(modules, name);
}

/** Loads a command, and what it needs, but no other. */
export async function loadCommand(name: CommandName): Promise<Command> {
  return (await modules[name]()).command;
}
