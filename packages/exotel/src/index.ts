export { codecOf, type AudioCodec } from './audio/codec.ts';
export { expandG711 } from './audio/g711.ts';
export { decodeAudio, type DecodedAudio } from './audio/decode-audio.ts';
export { bytesOfDuration, durationMs, bytesPerSample } from './audio/duration.ts';

export { readWav, WavFormatError, writeWav } from './audio/wav.ts';

export { readCallParameters } from './wire/call-parameters.ts';
export { encodeClear, encodeMark, encodeMedia, type ServerMedia } from './wire/encode-server-frame.ts';
export type * from './wire/frames.ts';
export { type Scalar } from './wire/leaves.ts';
export { parseExotelFrame } from './wire/parse-exotel-frame.ts';
export { chooseSampleRate, type SampleRate } from './wire/sample-rate.ts';

export type * from './callbacks/carrier-report.ts';
export { DEFAULT_UTC_OFFSET_MINUTES, formatCarrierTime, parseUtcOffset } from './callbacks/carrier-time.ts';
export { parseCallback, type CallbackProblem, type ParsedCallback } from './callbacks/parse-callback.ts';
export { readPassthru } from './callbacks/read-passthru.ts';
export { namesNothing } from './wire/names-nothing.ts';
export { readStatusCallback } from './callbacks/read-status-callback.ts';
export { fetchRecording, type FetchedRecording } from './rest/fetch-recording.ts';
export { type ApiAnswer, type ApiFailure } from './rest/api-answer.ts';
export { type ConnectOutcome } from './rest/connect-outcome.ts';
export { type CallTarget, type ConnectRequest } from './rest/connect-request.ts';
export { ExotelApi } from './rest/exotel-api.ts';
export { type ExotelAccount } from './rest/request.ts';
export { readMultipart } from './callbacks/read-multipart.ts';
export {
  toCarrierEvents,
  type CarrierSource,
  type ReportOrigin,
} from './carrier-events/to-carrier-events.ts';
export { base64ByteLength } from './wire/base64-byte-length.ts';
