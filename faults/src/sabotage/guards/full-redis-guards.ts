import { type Guard } from '../guard.ts';

/** What lets a Redis drain that has no memory left. */
export const fullRedisGuards: readonly Guard[] = [
  {
    name: 'sweep-of-a-full-redis',
    keeps: 'calls of a gateway that died are given up also while Redis has no memory for checkpoints',
    file: 'services/session/src/sweep.ts',
    text: 'liveCalls.requestDueCheckpoints(partition).catch(laterIfFull);',
    without: 'liveCalls.requestDueCheckpoints(partition);',
    test: {
      file: 'services/session/src/sweep.integration.test.ts',
      name: 'while Redis has no memory for checkpoints, lost calls are given up all the same',
    },
  },
];
