import { type SimulatedOutcome } from './simulate-calls.ts';
import { type WrongRecord } from './check-records.ts';

/** What a round of calls came to. */
export interface SimulationSummary {
  readonly calls: number;
  readonly connected: number;
  /** How many calls ended in which way. */
  readonly ends: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly mediaFrames: number;
  readonly audioBytes: number;
  readonly messages: { readonly appended: number; readonly duplicate: number; readonly rejected: number };
  /** What went wrong, each thing once. */
  readonly problems: readonly string[];
  readonly callSids: readonly string[];
  readonly records?: { readonly right: number; readonly wrong: readonly WrongRecord[] };
}

/** Adds up what became of the calls. */
export function summarise(
  outcomes: readonly SimulatedOutcome[],
  seconds: number,
  wrong?: readonly WrongRecord[],
): SimulationSummary {
  const sum = (read: (outcome: SimulatedOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + read(outcome), 0);
  const ends: Record<string, number> = {};
  for (const { report } of outcomes) ends[report.end.how] = (ends[report.end.how] ?? 0) + 1;
  const problems = outcomes.flatMap(({ report, agent }) =>
    [report.end.error, agent.problem].filter((problem) => problem !== undefined),
  );
  return {
    calls: outcomes.length,
    connected: sum(({ report }) => (report.end.how === 'handshake-failed' ? 0 : 1)),
    ends,
    seconds,
    mediaFrames: sum(({ report }) => report.mediaFramesSent),
    audioBytes: sum(({ report }) => report.audioBytesSent),
    messages: {
      appended: sum(({ agent }) => agent.appended),
      duplicate: sum(({ agent }) => agent.duplicate),
      rejected: sum(({ agent }) => agent.rejected),
    },
    problems: [...new Set(problems)],
    callSids: outcomes.map(({ report }) => report.callSid),
    ...(wrong !== undefined && { records: { right: outcomes.length - wrong.length, wrong } }),
  };
}

/** Whether every call was connected, every message taken and every record right. */
export function isFlawless({ calls, connected, messages, records }: SimulationSummary): boolean {
  return calls === connected && messages.rejected === 0 && (records?.wrong.length ?? 0) === 0;
}
