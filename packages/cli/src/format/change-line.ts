import { decodeEvent, type CallEvent, type EventData } from '@turnlog/call-events';
import type { CallChange } from '@turnlog/call-log';
import type { WallClock } from './clock.ts';
import { speakerLabel } from './speakers.ts';
import { visibleText, visibleValue } from './visible-text.ts';

/** The lines of a change. The persister reports entries that are not events; they cannot be shown. */
export function linesOf(
  { events }: Pick<CallChange, 'events'>,
  format: (event: CallEvent) => string | undefined,
): string[] {
  return events.flatMap(({ text: encoded }) => {
    const decoded = decodeEvent(encoded);
    return decoded.ok ? (format(decoded.event) ?? []) : [];
  });
}

/** An event as a line of the live view; `undefined` for events that are not useful to a person. */
export function formatChange(event: CallEvent, clock: WallClock): string | undefined {
  const what = describe(event);
  if (what === undefined) return undefined;
  return `[${clock.time(event.at)}] ${visibleText(event.callSid)}  ${what}`;
}

function describe(event: CallEvent): string | undefined {
  switch (event.type) {
    case 'call.started':
      return `📞 call started${parties(event.data)}`;
    case 'call.ended':
      return `🏁 call ended (${visibleText(event.data.reason)})`;
    case 'call.disconnected':
      return `🔌 disconnected (${visibleText(event.data.reason)})`;
    case 'agent.unreachable':
      return `🚫 the agent could not be reached (${visibleText(event.data.reason)})`;
    case 'call.status_reported':
      return `📡 the carrier reports: ${event.data.status}`;
    case 'turn.completed':
      return speakerLabel(event.data.speaker) + visibleText(event.data.text);
    case 'data.collected':
      return `📊 ${pairs(event.data.fields)}`;
    case 'stage.changed':
      return `🧭 stage: ${visibleText(event.data.stage)}`;
    case 'objection.raised':
      return `🙅 objection: ${visibleText(event.data.text)}`;
    case 'outcome.decided':
      return `🎯 outcome: ${visibleText(event.data.outcome)}`;
    case 'tool.called':
      return `🔧 tool: ${visibleText(event.data.name)}`;
    case 'dtmf.pressed':
      return `🔢 key: ${visibleText(event.data.digit)}`;
    case 'recording.available':
      return '💾 the recording is available';
    case 'consent.recorded':
      return event.data.given ? '✅ consent given' : '⛔ consent refused';
    case 'speaking.changed':
    case 'mark.played':
    case 'playback.cleared':
    case 'audio.summarised':
    case 'unknown':
      return undefined;
  }
}

function parties({ from, to }: EventData<'call.started'>): string {
  if (from === undefined && to === undefined) return '';
  return `, ${visibleText(from ?? '?')} → ${visibleText(to ?? '?')}`;
}

function pairs(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${visibleText(name)}: ${visibleValue(value)}`)
    .join(', ');
}
