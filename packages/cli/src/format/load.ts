import type { LoadSummary } from '../load/summarise.ts';
import { visibleText } from './visible-text.ts';

const SHOWN = 10;

/** The result of a load, for a person. */
export function formatLoad(summary: LoadSummary, program: string): string {
  const { calls, connected, ends, seconds, mediaFrames, audioBytes, messages, problems, callSids } = summary;
  const endings = Object.entries(ends).map(([how, count]) => `${count} ${how}`);
  return [
    `📞 ${calls} call(s) in ${seconds.toFixed(1)} s, ${connected} connected: ${endings.join(', ')}`,
    `🔊 ${mediaFrames} media frames, ${(audioBytes / 1024 / 1024).toFixed(1)} MB of audio`,
    `💬 ${messages.appended} messages appended, ${messages.duplicate} duplicate, ${messages.rejected} rejected`,
    ...problems.slice(0, SHOWN).map((problem) => `⚠️  ${visibleText(problem)}`),
    ...recordLines(summary),
    ...(callSids.length <= SHOWN ? ['', ...callSids.map((sid) => `  ${program} show ${sid}`)] : []),
  ].join('\n');
}

function recordLines({ records }: LoadSummary): string[] {
  if (records === undefined) return [];
  const { right, wrong } = records;
  if (wrong.length === 0) return [`✅ ${right} record(s), all correct`];
  return [
    `❌ ${right} record(s) correct, ${wrong.length} wrong:`,
    ...wrong.slice(0, SHOWN).map(({ callSid, problems }) => `     ${callSid}: ${problems.join('; ')}`),
  ];
}
