import { createEvent, type CallKey, type EventOrigin, type KnownEvent } from '@turnlog/call-events';

const LINES = [
  'Hello! I am calling about the flat that you asked for. Is this a good time?',
  'Yes, go ahead.',
  'What is your budget for it?',
  'Around 50 lakhs, perhaps a little more if it is close to the metro.',
  'And which part of the city would you like to live in?',
  'Andheri West, or anywhere with a school nearby. हमें दो बेडरूम चाहिए।',
  'I have three that fit. May I send you the details on WhatsApp?',
  'Please do, and call me again on Saturday morning.',
];
const TURN_EVERY_MS = 2_500;

/** A call and all its events, in order, as one gateway connection would append them. */
export interface SampleCall {
  readonly call: CallKey;
  readonly events: readonly KnownEvent[];
}

/**
 * The parts of a call: of every six events in the middle, four turns, a fact and a change of stage, or turns
 * alone.
 */
export interface CallShape {
  readonly events: number;
  readonly turnsOnly?: boolean;
}

/** The parts of a call's dialogue, with the ids that an agent gives its reports. */
const DIALOGUE: readonly ((n: number, origin: EventOrigin) => KnownEvent)[] = [
  turn,
  turn,
  (n, origin) =>
    createEvent(
      'data.collected',
      { fields: { [`field_${n % 9}`]: `value ${n}`, budget: 5_000_000 } },
      named('collect', n, origin),
    ),
  turn,
  turn,
  (n, origin) => createEvent('stage.changed', { stage: `stage ${n}` }, named('stage', n, origin)),
];

/** Makes a call: a start, dialogue, the summary of its audio, and the carrier's end. */
export function sampleCall(callSid: string, { events: count, turnsOnly = false }: CallShape): SampleCall {
  const call = { tenant: 'default', callSid };
  const connectionId = `c-${callSid}`;
  const beginMs = Date.now() - count * TURN_EVERY_MS;
  const originOf = (sourceSeq: number): EventOrigin => ({
    call,
    source: connectionId,
    sourceSeq,
    atMs: beginMs + sourceSeq * TURN_EVERY_MS,
  });
  const dialogue = Array.from({ length: count - 3 }, (_, index) => {
    const make = turnsOnly ? turn : (DIALOGUE[index % DIALOGUE.length] ?? turn);
    return make(index + 1, originOf(index + 2));
  });
  const events = [
    createEvent('call.started', startOf(callSid, connectionId), originOf(1)),
    ...dialogue,
    createEvent('audio.summarised', audioOf(connectionId, count), originOf(count - 1)),
    createEvent('call.ended', { connectionId, reason: 'callended' }, originOf(count)),
  ];
  return { call, events };
}

/** One turn of a dialogue. */
export function turn(n: number, origin: EventOrigin): KnownEvent {
  const data = {
    speaker: n % 2 === 0 ? ('user' as const) : ('ai' as const),
    text: LINES[n % LINES.length] ?? '',
  };
  return createEvent('turn.completed', data, named('turn', n, origin));
}

function named(message: string, n: number, origin: EventOrigin): EventOrigin {
  return { ...origin, id: `${message}:${message[0]}${n}` };
}

function startOf(callSid: string, connectionId: string) {
  return {
    connectionId,
    streamSid: `stream-${callSid}`,
    accountSid: 'bench1',
    from: '+910000000001',
    to: '+910000000002',
    applet: 'voicebot' as const,
    sampleRate: 8000,
    customParameters: { lead_id: '4711', campaign: 'bench' },
  };
}

function audioOf(connectionId: string, events: number) {
  const inboundMs = events * TURN_EVERY_MS;
  const [inboundBytes, frames] = [inboundMs * 16, inboundMs / 100];
  return { connectionId, sampleRate: 8000, inboundBytes, outboundBytes: 0, inboundMs, outboundMs: 0, frames };
}
