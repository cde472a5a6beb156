import { type Shape } from './shape.ts';

/** How a snake-case shape differs from the protocol page. */
export interface SnakeCaseDialect {
  /** How numbers are sent: `String` or `Number`. */
  number: (value: number) => string | number;
  encoding: string;
  bitRate: string;
}

/** Exotel's documented frames: snake case, nested, the stream's id beside and inside `start`. */
export function snakeCaseShape({ number, encoding, bitRate }: SnakeCaseDialect): Shape {
  const header = (event: string, sent: { sequence: number; streamSid: string }): object => ({
    event,
    sequence_number: number(sent.sequence),
    stream_sid: sent.streamSid,
  });
  return {
    connected: () => JSON.stringify({ event: 'connected' }),
    start: (call) =>
      JSON.stringify({
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
    media: (media) =>
      JSON.stringify({
        ...header('media', media),
        media: {
          chunk: number(media.chunk),
          timestamp: String(media.timestampMs),
          payload: media.payload,
        },
      }),
    dtmf: (dtmf) =>
      JSON.stringify({
        ...header('dtmf', dtmf),
        dtmf: { digit: dtmf.digit, duration: String(dtmf.durationMs) },
      }),
    mark: (mark) => JSON.stringify({ ...header('mark', mark), mark: { name: mark.name } }),
    clear: (clear) => JSON.stringify(header('clear', clear)),
    stop: (stop) =>
      JSON.stringify({
        ...header('stop', stop),
        stop: { call_sid: stop.callSid, account_sid: stop.accountSid, reason: stop.reason },
      }),
  };
}
