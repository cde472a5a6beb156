import { type Shape } from './shape.ts';
import { snakeCaseShape } from './snake-case-shape.ts';

const documented = snakeCaseShape({ number: String, encoding: 'base64', bitRate: '128kbps' });

/**
 * As seen on live calls: `leg_sid` beside the call's id, the rate as a number, an encoding that names the
 * transport, and media numbered in camel case.
 */
export const liveShape: Shape = {
  ...documented,
  start: (call) =>
    JSON.stringify({
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
  media: (media) =>
    JSON.stringify({
      event: 'media',
      sequenceNumber: media.sequence,
      stream_sid: media.streamSid,
      media: { chunk: media.chunk, timestamp: String(media.timestampMs), payload: media.payload },
    }),
};
