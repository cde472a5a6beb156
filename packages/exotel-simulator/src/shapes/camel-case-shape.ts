import { type Shape } from './shape.ts';

/** Camel case throughout, as several of Exotel's own samples read and send it; the format beside `start`. */
export const camelCaseShape: Shape = {
  connected: () => JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
  start: (call) =>
    JSON.stringify({
      event: 'start',
      sequenceNumber: call.sequence,
      streamSid: call.streamSid,
      start: {
        streamSid: call.streamSid,
        callSid: call.callSid,
        accountSid: call.accountSid,
        from: call.from,
        to: call.to,
        customParameters: call.customParameters,
      },
      mediaFormat: { encoding: 'audio/x-l16', sampleRate: call.sampleRate },
    }),
  media: (media) =>
    JSON.stringify({
      event: 'media',
      sequenceNumber: media.sequence,
      streamSid: media.streamSid,
      media: { chunk: media.chunk, timestamp: media.timestampMs, payload: media.payload },
    }),
  dtmf: ({ sequence, streamSid, digit, durationMs }) =>
    JSON.stringify({
      event: 'dtmf',
      sequenceNumber: sequence,
      streamSid,
      dtmf: { digit, duration: durationMs },
    }),
  mark: ({ sequence, streamSid, name }) =>
    JSON.stringify({ event: 'mark', sequenceNumber: sequence, streamSid, mark: { name } }),
  clear: ({ sequence, streamSid }) => JSON.stringify({ event: 'clear', sequenceNumber: sequence, streamSid }),
  stop: ({ sequence, streamSid, callSid, accountSid, reason }) =>
    JSON.stringify({
      event: 'stop',
      sequenceNumber: sequence,
      streamSid,
      stop: { callSid, accountSid, reason },
    }),
};
