import { shapeOf, type Frames, type Shape } from './shape.ts';

/** `strings` and `numbers` are documented (two pages disagree), `live` and `camelCase` seen, `minimal` the least. */
export type ShapeName = 'strings' | 'numbers' | 'live' | 'camelCase' | 'minimal';

type Header = (event: string, sent: { sequence: number; streamSid: string }) => object;

/** How a snake-case shape differs from the protocol page. */
interface SnakeCaseDialect {
  /** How numbers are sent: `String` or `Number`. */
  number: (value: number) => string | number;
  encoding: string;
  bitRate: string;
}

/** Exotel's documented frames: snake case, nested, the stream's id beside and inside `start`. */
function snakeCaseFrames({ number, encoding, bitRate }: SnakeCaseDialect): Frames {
  const header: Header = (event, { sequence, streamSid }) => ({
    event,
    sequence_number: number(sequence),
    stream_sid: streamSid,
  });
  return {
    connected: () => ({ event: 'connected' }),
    start: (call) => ({
      ...header('start', call),
      start: {
        stream_sid: call.streamSid,
        call_sid: call.callSid,
        account_sid: call.accountSid,
        from: call.from,
        to: call.to,
        custom_parameters: call.customParameters,
        media_format: { encoding, sample_rate: number(call.sampleRate), bit_rate: bitRate },
      },
    }),
    media: ({ chunk, timestampMs, payload, ...sent }) => ({
      ...header('media', sent),
      media: { chunk: number(chunk), timestamp: String(timestampMs), payload },
    }),
    dtmf: ({ digit, durationMs, ...sent }) => ({
      ...header('dtmf', sent),
      dtmf: { digit, duration: String(durationMs) },
    }),
    mark: ({ name, ...sent }) => ({ ...header('mark', sent), mark: { name } }),
    clear: (sent) => header('clear', sent),
    stop: ({ callSid, accountSid, reason, ...sent }) => ({
      ...header('stop', sent),
      stop: { call_sid: callSid, account_sid: accountSid, reason },
    }),
  };
}

/**
 * As seen on live calls: `leg_sid` beside the call's id, the rate as a number, an encoding that names the
 * transport, and media numbered in camel case.
 */
function liveFrames(): Frames {
  const documented = snakeCaseFrames({ number: String, encoding: 'base64', bitRate: '128kbps' });
  return {
    ...documented,
    start: (call) => ({
      event: 'start',
      sequence_number: String(call.sequence),
      stream_sid: call.streamSid,
      start: {
        stream_sid: call.streamSid,
        call_sid: call.callSid,
        leg_sid: call.callSid,
        account_sid: call.accountSid,
        from: call.from,
        to: call.to,
        custom_parameters: call.customParameters,
        media_format: { encoding: 'base64', sample_rate: call.sampleRate, bit_rate: '128kbps' },
      },
    }),
    media: ({ sequence, streamSid, chunk, timestampMs, payload }) => ({
      event: 'media',
      sequenceNumber: sequence,
      stream_sid: streamSid,
      media: { chunk, timestamp: String(timestampMs), payload },
    }),
  };
}

/** Camel case throughout, as several of Exotel's own samples read and send it; the format beside `start`. */
function camelCaseFrames(): Frames {
  const header: Header = (event, { sequence, streamSid }) => ({ event, sequenceNumber: sequence, streamSid });
  return {
    connected: () => ({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
    start: ({ sequence, sampleRate, ...call }) => ({
      ...header('start', { sequence, streamSid: call.streamSid }),
      start: call,
      mediaFormat: { encoding: 'audio/x-l16', sampleRate },
    }),
    media: ({ chunk, timestampMs: timestamp, payload, ...sent }) => ({
      ...header('media', sent),
      media: { chunk, timestamp, payload },
    }),
    dtmf: ({ digit, durationMs: duration, ...sent }) => ({
      ...header('dtmf', sent),
      dtmf: { digit, duration },
    }),
    mark: ({ name, ...sent }) => ({ ...header('mark', sent), mark: { name } }),
    clear: (sent) => header('clear', sent),
    stop: ({ callSid, accountSid, reason, ...sent }) => ({
      ...header('stop', sent),
      stop: { callSid, accountSid, reason },
    }),
  };
}

/** The least that any client was seen to send: ids once, in a flat `start`; no numbering; a bare `stop`. */
const minimalFrames: Frames = {
  connected: () => ({ event: 'connected' }),
  start: ({ streamSid, callSid }) => ({ event: 'start', stream_sid: streamSid, call_sid: callSid }),
  media: ({ payload }) => ({ event: 'media', media: { payload } }),
  dtmf: ({ digit }) => ({ event: 'dtmf', digit }),
  mark: ({ name }) => ({ event: 'mark', mark: { name } }),
  clear: () => ({ event: 'clear' }),
  stop: () => ({ event: 'stop' }),
};

/** The forms of Exotel's frames, by name. */
export const shapes: Readonly<Record<ShapeName, Shape>> = {
  // https://developer.exotel.com/docs/agentstream/websocket-protocol
  strings: shapeOf(snakeCaseFrames({ number: String, encoding: 'audio/x-raw', bitRate: '16' })),
  // https://developer.exotel.com/docs/agentstream/stream-voicebot-applet
  numbers: shapeOf(snakeCaseFrames({ number: Number, encoding: 'raw', bitRate: '128' })),
  live: shapeOf(liveFrames()),
  camelCase: shapeOf(camelCaseFrames()),
  minimal: shapeOf(minimalFrames),
};
