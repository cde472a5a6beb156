// The order of test files. Jest starts with those that took longest the last time; a run without a cache (a
// fresh clone, CI) goes by the sizes of the files: it would start the slowest one last, and wait for it alone.
import Sequencer from '@jest/test-sequencer';

/** Files that take much longer than their size suggests, the slowest first. */
const SLOW = [
  'proof/simulation/src/simulation.test.ts',
  'packages/cli/src/up.integration.test.ts',
  'packages/agent-client/src/call-reporter.integration.test.ts',
  'packages/test-kit/src/package-readmes.integration.test.ts',
  'packages/local-stack/src/leash.integration.test.ts',
];

export default class SlowFirstSequencer extends Sequencer {
  sort(tests) {
    const rankOf = ({ path }) => {
      const rank = SLOW.findIndex((slow) => path.endsWith(slow));
      return rank === -1 ? SLOW.length : rank;
    };
    return [...super.sort(tests)].sort((a, b) => rankOf(a) - rankOf(b));
  }
}
