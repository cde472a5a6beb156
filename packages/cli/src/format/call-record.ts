import type { StoredCall } from '@turnlog/call-store';
import { formatDuration, type WallClock } from './clock.ts';
import { speakerLabel } from './speakers.ts';
import { visibleText, visibleValue } from './visible-text.ts';

const WIDTH = 80;
const LABEL_WIDTH = 16;

/** The whole record of a call: its facts, the collected data, and every turn with its time. */
export function formatCallRecord(call: StoredCall, clock: WallClock): string {
  const data = Object.entries(call.collected_data).map(
    ([name, value]) => `${visibleText(name)}: ${visibleValue(value)}`,
  );
  return [
    '='.repeat(WIDTH),
    '📞 CALL TRANSCRIPT',
    '='.repeat(WIDTH),
    '',
    '📋 CALL INFO:',
    ...infoLines(call, clock),
    ...section('📊 COLLECTED DATA:', data.length === 0 ? ['(none)'] : data),
    ...section(
      '🙅 OBJECTIONS:',
      call.objections.map(({ text }) => visibleText(text)),
    ),
    ...section('✋ CONSENT:', call.consents.map(consentLine)),
    '',
    '📝 FULL TRANSCRIPT:',
    '-'.repeat(WIDTH),
    ...transcriptLines(call, clock),
  ].join('\n');
}

function infoLines(call: StoredCall, clock: WallClock): string[] {
  const time = (moment: Date | null) => moment && clock.dateTime(moment);
  const facts: readonly (readonly [label: string, value: string | null | undefined])[] = [
    ['Call SID:', call.call_sid],
    ['Tenant:', call.tenant === 'default' ? undefined : call.tenant],
    ['Status:', call.status],
    ['Outcome:', call.outcome],
    ['Reason:', call.outcome_reason],
    ['Stage:', call.stage],
    ['Duration:', formatDuration(call.duration_seconds)],
    ['Started:', time(call.initiated_at)],
    ['Ended:', time(call.ended_at)],
    ['End reason:', call.end_reason],
    ['Cause:', call.failure_cause],
    ['Voice agent:', call.agent_reached === false ? 'not reached' : undefined],
    ['From:', call.from_number],
    ['To:', call.to_number],
    ['Direction:', call.direction],
    ['Recording:', call.recording_url],
    ['Price:', call.price === null || call.currency === null ? call.price : `${call.price} ${call.currency}`],
    ['Custom field:', call.custom_field],
    ...call.legs.map((leg): readonly [string, string] => ['Leg:', legWords(leg)]),
  ];
  return facts.flatMap(([label, value]) =>
    value === null || value === undefined ? [] : [`  ${label.padEnd(LABEL_WIDTH)}${visibleText(value)}`],
  );
}

function legWords({ number, agent, status, event, duration_seconds }: StoredCall['legs'][number]): string {
  const duration = duration_seconds === undefined ? undefined : `${duration_seconds} s`;
  return [number, agent, event, status, duration].filter((word) => word !== undefined).join(', ');
}

/** A title and indented lines; nothing without lines. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function consentLine({ statement, given, purpose }: StoredCall['consents'][number]): string {
  const about = purpose === undefined ? '' : ` (${visibleText(purpose)})`;
  return `${given ? 'given' : 'refused'}${about}: ${visibleText(statement)}`;
}

function transcriptLines({ full_transcript, transcript_removed_at }: StoredCall, clock: WallClock): string[] {
  if (transcript_removed_at !== null)
    return [`(deleted by retention on ${clock.dateTime(transcript_removed_at)})`];
  if (full_transcript.length === 0) return ['(no turn was reported)'];
  return full_transcript.map(({ timestamp, speaker, text, interrupted, heard_text }) => {
    const heard = heard_text === undefined ? '' : `, heard: "${visibleText(heard_text)}"`;
    const cut = interrupted === true ? ` (interrupted${heard})` : '';
    return `[${clock.time(timestamp)}] ${speakerLabel(speaker)}${visibleText(text)}${cut}`;
  });
}
