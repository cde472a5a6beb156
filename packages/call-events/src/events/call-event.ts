import { type z } from 'zod';
import { callStatusReported, consentRecorded, recordingAvailable } from './carrier.ts';
import {
  dataCollected,
  dtmfPressed,
  markPlayed,
  objectionRaised,
  outcomeDecided,
  playbackCleared,
  speakingChanged,
  stageChanged,
  toolCalled,
  turnCompleted,
} from './dialogue.ts';
import { type envelope } from './envelope.ts';
import { agentUnreachable, audioSummarised, callDisconnected, callEnded, callStarted } from './lifecycle.ts';

/** The schema of each event type's data. */
export const eventData = {
  'call.started': callStarted,
  'call.ended': callEnded,
  'call.disconnected': callDisconnected,
  'call.status_reported': callStatusReported,
  'turn.completed': turnCompleted,
  'data.collected': dataCollected,
  'stage.changed': stageChanged,
  'objection.raised': objectionRaised,
  'outcome.decided': outcomeDecided,
  'tool.called': toolCalled,
  'speaking.changed': speakingChanged,
  'dtmf.pressed': dtmfPressed,
  'mark.played': markPlayed,
  'playback.cleared': playbackCleared,
  'agent.unreachable': agentUnreachable,
  'audio.summarised': audioSummarised,
  'recording.available': recordingAvailable,
  'consent.recorded': consentRecorded,
};

/** The event types that this version knows. */
export type EventType = keyof typeof eventData;

/** The data of one event type. */
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;

/** The fields that every event carries beside its type and data. */
export type EventHeader = Omit<z.infer<typeof envelope>, 'type' | 'data'>;

/** One event of one type. */
export type EventOf<T extends EventType> = EventHeader & { type: T; data: EventData<T> };

/** Any event whose type this version knows. */
export type KnownEvent = { [T in EventType]: EventOf<T> }[EventType];

/** A type that only a newer version knows: counted and archived, so that old and new services run side by side. */
export type UnknownEvent = EventHeader & { type: 'unknown'; unknownType: string; data: unknown };

/** Anything that a call's log may hold. */
export type CallEvent = KnownEvent | UnknownEvent;

/** Whether this version has a schema for the type. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventData, type);
}
