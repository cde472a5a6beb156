import { rateParameterOf } from '../audio/codec.ts';
import { saysNothing } from './names-nothing.ts';
import { idOf, isObject, nestedOrFlat, textOf, type JsonObject } from './fields.ts';
import { type FrameHeader, type MediaFormat, type StartFrame } from './frames.ts';
import { leavesOf, type Scalar } from './leaves.ts';
import { parseSampleRate } from './sample-rate.ts';

const maxTextLength = 256;
const parameterLimits = { maxLeaves: 32, maxPathLength: 512, maxTextLength: 1024 };
const extraLimits = { maxLeaves: 32, maxPathLength: 128, maxTextLength: 256 };

const knownKeys = new Set([
  ...['event', 'Event', 'sequence_number', 'sequenceNumber', 'stream_sid', 'streamSid', 'leg_sid', 'legSid'],
  ...['call_sid', 'callSid', 'account_sid', 'accountSid', 'from', 'to'],
  ...['custom_parameters', 'customParameters'],
  ...['encoding', 'sample_rate', 'sampleRate', 'bit_rate', 'bitRate'],
]);

/** Parses a `start` event whose fields are in `start` or beside it, in snake or camel case. */
export function parseStart(frame: JsonObject, header: FrameHeader): StartFrame {
  const start = nestedOrFlat(frame, 'start');
  const spellings = (snake: string, camel: string): unknown[] => [
    ...[start[snake], start[camel], frame[snake], frame[camel]],
  ];
  const field = (snake: string, camel: string): unknown =>
    spellings(snake, camel).find((value) => saysSomething(value));
  const id = (snake: string, camel: string): string | undefined =>
    spellings(snake, camel)
      .map((value) => idOf(value))
      .find((value) => value !== undefined);
  const legSid = id('leg_sid', 'legSid');
  return {
    kind: 'start',
    streamSid: header.streamSid ?? id('stream_sid', 'streamSid'),
    sequence: header.sequence,
    callSid: id('call_sid', 'callSid') ?? legSid,
    legSid,
    accountSid: id('account_sid', 'accountSid'),
    from: textOf(field('from', 'from'), maxTextLength),
    to: textOf(field('to', 'to'), maxTextLength),
    customParameters: parseCustomParameters(field('custom_parameters', 'customParameters')),
    mediaFormat: parseMediaFormat(field('media_format', 'mediaFormat')),
    extra: leavesOf(frame, extraLimits, (key) => knownKeys.has(key)),
  };
}

function saysSomething(value: unknown): boolean {
  return typeof value === 'string' ? !saysNothing(value) : value !== undefined && value !== null;
}

// Missing and "" mean none. Text is read as a query string, where a name without "=" is a parameter with an
// empty value, as in live traffic.
function parseCustomParameters(value: unknown): Record<string, string> {
  const parameters = typeof value === 'string' ? Object.fromEntries(new URLSearchParams(value)) : value;
  const leaves: [string, Scalar][] = Object.entries(leavesOf(parameters, parameterLimits));
  return Object.fromEntries(leaves.map(([name, scalar]) => [name, scalar === null ? '' : String(scalar)]));
}

function parseMediaFormat(value: unknown): MediaFormat {
  // Some clients send only a content type, as the ExoML verb does.
  const format: JsonObject = isObject(value) ? value : { encoding: value };
  const encoding = [format.encoding, format.content_type, format.contentType]
    .map((each) => textOf(each, maxTextLength))
    .find((text) => text !== undefined && !saysNothing(text));
  return {
    encoding,
    sampleRate: [format.sample_rate, format.sampleRate, rateParameterOf(encoding)]
      .map((rate) => parseSampleRate(rate))
      .find((rate) => rate !== undefined),
  };
}
