import { type Shape } from './shape.ts';
import { camelCaseShape } from './camel-case-shape.ts';
import { liveShape } from './live-shape.ts';
import { snakeCaseShape } from './snake-case-shape.ts';

/** The least that any client was seen to send: ids once, in a flat `start`; no numbering; a bare `stop`. */
const minimalShape: Shape = {
  connected: () => JSON.stringify({ event: 'connected' }),
  start: ({ streamSid, callSid }) =>
    JSON.stringify({ event: 'start', stream_sid: streamSid, call_sid: callSid }),
  media: ({ payload }) => JSON.stringify({ event: 'media', media: { payload } }),
  dtmf: ({ digit }) => JSON.stringify({ event: 'dtmf', digit }),
  mark: ({ name }) => JSON.stringify({ event: 'mark', mark: { name } }),
  clear: () => JSON.stringify({ event: 'clear' }),
  stop: () => JSON.stringify({ event: 'stop' }),
};

/** `strings` and `numbers` are documented (two pages disagree), `live` and `camelCase` seen, `minimal` the least. */
export type ShapeName = 'strings' | 'numbers' | 'live' | 'camelCase' | 'minimal';

/** The forms of Exotel's frames, by name. */
export const shapes: Readonly<Record<ShapeName, Shape>> = {
  // https://developer.exotel.com/docs/agentstream/websocket-protocol
  strings: snakeCaseShape({ number: String, encoding: 'audio/x-raw', bitRate: '16' }),
  // https://developer.exotel.com/docs/agentstream/stream-voicebot-applet
  numbers: snakeCaseShape({ number: Number, encoding: 'raw', bitRate: '128' }),
  live: liveShape,
  camelCase: camelCaseShape,
  minimal: minimalShape,
};
