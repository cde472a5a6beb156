import { describe, expect, test } from '@jest/globals';
import { parseCallback, parseExotelFrame, readStatusCallback } from '@turnlog/exotel';
import { growthOverTenfold } from '@turnlog/test-kit';
import { addressSet } from '@turnlog/tenants';
import { Socket } from 'node:net';
import { clientAddress } from './auth/client-address.ts';
import { fillAgentUrl } from './domain/agent-url.ts';
import { readAgentText } from './domain/read-agent-message.ts';
import { readStreamRequest } from './domain/stream-request.ts';
import { namedCall } from './http/endpoints/stream-url-endpoint.ts';
import { streamTarget } from './http/server/stream-target.ts';

/*
 * Everything that others may send is read in a time in proportion to its length: with a pattern that tries again at each
 * position, 64 KiB took seconds, and every call of the gateway waited.
 */
const UNITS = [
  ...[
    'a',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '--',
    '-',
    '=',
    '&',
    ';',
    ',',
    '"',
    "'",
    '/',
    '?',
    '#',
    '@',
    ':',
    '.',
    '0',
    '+',
  ],
  ...[
    '[',
    '{',
    '[a]',
    '{"a":',
    '%',
    '%20',
    'name=',
    'name="',
    'name=x\r\na\r\n',
    '; ',
    '\r\n\r\n',
    '--b\r\n',
  ],
  ...[
    'content-disposition: form-data; name=',
    'filename',
    'boundary=',
    '/tl_token_a',
    '1,',
    '127.0.0.1,',
    'aA',
  ],
];

const stream = { '/media': 'voicebot' as const };
const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '127.0.0.1' });
const loopback = addressSet(['127.0.0.0/8']);
const facts = {
  ...{ callSid: 'c', tenant: 't', sampleRate: 8000 as const },
  ...{ streamSid: undefined, from: undefined, to: undefined },
};
const options = { nowMs: 0, rawBase64: () => '', redaction: 'mask' as const };
const callback = async (body: string, contentType: string): Promise<void> => {
  const parsed = await parseCallback({ query: '', contentType, body: Buffer.from(body) });
  if (parsed.ok) readStatusCallback(parsed.fields, 330);
};

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'the call of a request for a URL': (text) => namedCall(text, ''),
  'its body': (text) => namedCall('', text),
  'its body of parts': (text) => namedCall('', `--b\r\n${text}`),
  'a callback as a form': (text) => callback(`CallSid=CA1&x=${text}`, 'application/x-www-form-urlencoded'),
  'the names of its fields': (text) => callback(`CallSid=CA1&${text}=1`, 'application/x-www-form-urlencoded'),
  'a callback as JSON': (text) =>
    callback(JSON.stringify({ CallSid: 'CA1', StreamUrl: text }), 'application/json'),
  'a callback of parts': (text) => callback(`--b\r\n${text}\r\n--b--`, 'multipart/form-data; boundary=b'),
  'the head of a part': (text) =>
    callback(
      `--b\r\ncontent-disposition: form-data; ${text}\r\n\r\n1\r\n--b--\r\n`,
      'multipart/form-data; boundary=b',
    ),
  'a content type': (text) => callback('x', `multipart/form-data; ${text}`),
  'the URL of a stream': (text) =>
    streamTarget(`/media${text}`, stream) && readStreamRequest(`/media?${text}`, 'stream'),
  'the hops of a request': (text) =>
    clientAddress({ socket, headers: { 'x-forwarded-for': text } }, loopback),
  'a parameter in the URL of an agent': (text) =>
    fillAgentUrl('ws://a/{params.x}', { ...facts, parameters: { x: text } }),
  'a frame': (text) => parseExotelFrame(text),
  'the parameters of a start': (text) =>
    parseExotelFrame(JSON.stringify({ event: 'start', start: { custom_parameters: text } })),
  'the payload of a frame': (text) =>
    parseExotelFrame(JSON.stringify({ event: 'media', media: { payload: text } })),
  "an agent's message": (text) => readAgentText(text, options),
  'the text of a turn': (text) =>
    readAgentText(JSON.stringify({ event: 'turn', turn: { speaker: 'user', text } }), options),
  'its speaker and its time': (text) =>
    readAgentText(
      JSON.stringify({ event: 'turn', timestamp: text, turn: { speaker: text, text: '' } }),
      options,
    ),
};

const LENGTH = 6_400;

describe('is read in linear time:', () => {
  test.each(Object.entries(READERS))('%s', async (_name, read) => {
    for (const unit of UNITS) {
      const run = (length: number): unknown => read(unit.repeat(length / unit.length));
      const growth = await growthOverTenfold(run, LENGTH);
      expect({ unit, growth, isLinear: growth < 40 }).toEqual({ unit, growth, isLinear: true });
    }
  });
});
