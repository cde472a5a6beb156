import { type Command } from '../command.ts';
import { audio } from './audio.ts';
import { call } from './call.ts';
import { calls } from './calls.ts';
import { deadLetters } from './dead-letters.ts';
import { erase } from './erase.ts';
import { hold } from './hold.ts';
import { load } from './load.ts';
import { migrate } from './migrate.ts';
import { monitor } from './monitor.ts';
import { recording } from './recording.ts';
import { retention } from './retention.ts';
import { show } from './show.ts';
import { tenants } from './tenants.ts';
import { up } from './up.ts';
import { verify } from './verify.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  up,
  calls,
  show,
  monitor,
  verify,
  audio,
  recording,
  deadLetters,
  erase,
  hold,
  retention,
  load,
  tenants,
  call,
  migrate,
];
