import type { SimulatedOutcome } from '@turnlog/exotel-simulator';
import type { AgentTally } from './play-script.ts';
import type { WrongRecord } from './check-records.ts';

/** How one call ended, and what happened to its agent's messages. */
export type LoadOutcome = SimulatedOutcome<AgentTally>;

/** The result of a load. */
export interface LoadSummary {
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

/** Adds up the outcomes of the calls. */
export function summarise(
  outcomes: readonly LoadOutcome[],
  seconds: number,
  wrong?: readonly WrongRecord[],
): LoadSummary {
  const sum = (read: (outcome: LoadOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + read(outcome), 0);
  const ends: Record<string, number> = {};
  for (const { report } of outcomes) ends[report.end.how] = (ends[report.end.how] ?? 0) + 1;
  const problems = outcomes.flatMap(({ report, conversation }) =>
    [report.end.error, conversation.problem].filter((problem) => problem !== undefined),
  );
  return {
    calls: outcomes.length,
    connected: sum(({ report }) => (report.end.how === 'handshake-failed' ? 0 : 1)),
    ends,
    seconds,
    mediaFrames: sum(({ report }) => report.mediaFramesSent),
    audioBytes: sum(({ report }) => report.audioBytesSent),
    messages: {
      appended: sum(({ conversation }) => conversation.appended),
      duplicate: sum(({ conversation }) => conversation.duplicate),
      rejected: sum(({ conversation }) => conversation.rejected),
    },
    problems: [...new Set(problems)],
    callSids: outcomes.map(({ report }) => report.callSid),
    ...(wrong !== undefined && { records: { right: outcomes.length - wrong.length, wrong } }),
  };
}

/** Whether every call was connected, every message taken and every record right. */
export function isFlawless({ calls, connected, messages, records }: LoadSummary): boolean {
  return calls === connected && messages.rejected === 0 && (records?.wrong.length ?? 0) === 0;
}
