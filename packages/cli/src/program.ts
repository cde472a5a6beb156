import type { Environment } from '@turnlog/service-kit/config';

/** How the user runs this program, for hints. The image sets TURNLOG_COMMAND; npm names its script. */
export function programOf(env: Environment): string {
  const { TURNLOG_COMMAND: command = '', npm_lifecycle_event: npmScript } = env;
  if (command !== '') return command;
  return npmScript === undefined && process.platform !== 'win32' ? './turnlog' : 'npm run -s turnlog --';
}

function isInContainer({ TURNLOG_COMMAND: command = '' }: Environment): boolean {
  return command !== '';
}

/** The start of a sentence about a missing server: a container cannot start one. */
export function adviseStart(env: Environment): string {
  return isInContainer(env) ? '' : 'start Turnlog here with "npm start", or ';
}

/** What to do where files are not shared with the user's machine, as a sentence; empty elsewhere. */
export function advisePipe(env: Environment, flag: string, pipe: string): string {
  return isInContainer(env) ? ` This container does not share your folders: use ${flag} - ${pipe}` : '';
}
