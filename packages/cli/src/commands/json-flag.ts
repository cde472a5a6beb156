import { switchFlag } from '../flags.ts';

/** Every command that shows something has it. */
export const jsonFlag = {
  json: switchFlag('print one JSON document and nothing else; a failure is {"error":{"code","message"}}'),
};
