import { type Guard } from '../guard.ts';

/** Guards that keep the live state of a call right, and let it end. */
export const liveStateGuards: readonly Guard[] = [
  {
    name: 'compare-and-set',
    keeps: 'a live state is never replaced by an older one that is saved late',
    file: 'packages/call-log/src/state/session-script.ts',
    text: 'if savedSeq >= seq then',
    without: 'if false then',
    test: {
      file: 'services/session/src/live-state/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed leaves a later state alone when its own save comes late',
    },
  },
  {
    name: 'compare-and-set-of-turns',
    keeps: 'two workers that save one call neither double a turn nor skip one',
    file: 'packages/call-log/src/state/session-script.ts',
    text: "if length ~= base then return {'conflict', length} end",
    without: '',
    test: {
      file: 'services/session/src/live-state/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed adds the turns that are missing when another worker has got further',
    },
  },
  {
    name: 'sweep',
    keeps: 'the calls of a dead gateway end and get their rows',
    file: 'services/session/src/live-state/sweep.ts',
    text: 'const ended = hasAnsweredLong ? await this.#alone(live, NOTHING, end) : NOTHING;',
    without: 'const ended = NOTHING;',
    test: {
      file: 'services/session/src/service.integration.test.ts',
      name: 'a call whose gateway is gone is ended, and its live state shows it',
    },
  },
];
