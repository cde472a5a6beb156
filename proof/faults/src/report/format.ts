import { type Outcome } from './outcome.ts';

const MAX_VIOLATIONS = 15;

/** One line about a run. */
export function formatOutcome(outcome: Outcome): string {
  const { scenario, ok, seed, calls, acknowledged, lost, recoverySeconds, readersSeconds, seconds } = outcome;
  const recovery = recoverySeconds === undefined ? '' : `, recovered in ${recoverySeconds.toFixed(1)} s`;
  const reading = readersSeconds === undefined ? '' : `, readers in ${readersSeconds.toFixed(1)} s`;
  const head = `${ok ? 'ok  ' : 'FAIL'} ${scenario.id.padEnd(4)} ${scenario.name.padEnd(24)}`;
  const counts = `${calls} calls, ${acknowledged} events, ${lost} lost${recovery}${reading}`;
  return `${head} seed ${seed}: ${counts}${formatNotes(outcome)} (${seconds.toFixed(0)} s)`;
}

/** The failures, and how to repeat the run. */
export function formatFailure({ scenario, seed, violations, folder }: Outcome): string {
  const told = violations.slice(0, MAX_VIOLATIONS).map(({ callSid, problem }) => {
    return `     ${callSid === undefined ? '' : `${callSid}: `}${problem}`;
  });
  const more = violations.length > told.length ? [`     … and ${violations.length - told.length} more`] : [];
  const replay = `     again: npm run faults -- ${scenario.id} --seed ${seed}`;
  return [...told, ...more, `     ledger and logs: ${folder}`, replay].join('\n');
}

function formatNotes({ notes, unknown, resent }: Outcome): string {
  const all = { ...notes, ...(unknown > 0 && { unanswered: unknown }), ...(resent > 0 && { resent }) };
  const told = Object.entries(all).map(([name, value]) => `${name} ${value}`);
  return told.length === 0 ? '' : `; ${told.join(', ')}`;
}
