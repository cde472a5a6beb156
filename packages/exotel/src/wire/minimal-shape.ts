import { type Shape } from './shape.ts';

/** The least that any client was seen to send: ids once, in a flat `start`; no numbering; a bare `stop`. */
export const minimalShape: Shape = {
  connected: () => JSON.stringify({ event: 'connected' }),
  start: ({ streamSid, callSid }) =>
    JSON.stringify({ event: 'start', stream_sid: streamSid, call_sid: callSid }),
  media: ({ payload }) => JSON.stringify({ event: 'media', media: { payload } }),
  dtmf: ({ digit }) => JSON.stringify({ event: 'dtmf', digit }),
  mark: ({ name }) => JSON.stringify({ event: 'mark', mark: { name } }),
  clear: () => JSON.stringify({ event: 'clear' }),
  stop: () => JSON.stringify({ event: 'stop' }),
};
