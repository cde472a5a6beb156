import { type CallKey } from '@turnlog/call-events';
import { type Trials } from '@turnlog/call-log';
import { type RedisModel } from './redis-model.ts';

const SURVIVED_FOR_MS = 120_000;

/** The scripts that count trials of calls. */
export function createTrials(
  model: RedisModel,
  command: <T>(what: string, effect: () => T) => Promise<T>,
): Trials {
  const countOf = (call: CallKey): number | undefined => {
    const { head } = model.call(call);
    if (head === undefined) return 0;
    return Math.abs(model.now() - head.survivedAtMs) < SURVIVED_FOR_MS ? undefined : head.trials;
  };
  return {
    counts: (calls) => command('trials', () => calls.map(countOf)),
    begin: (call) =>
      command(`trial of ${call.callSid}`, () => {
        const { head } = model.call(call);
        if (head === undefined) return 1;
        if (model.sabotage !== 'set-aside') head.trials += 1;
        return head.trials;
      }),
    survive: (call) =>
      command(`${call.callSid} is survived`, () => {
        const { head } = model.call(call);
        if (head !== undefined) Object.assign(head, { trials: 0, survivedAtMs: model.now() });
      }),
  };
}
