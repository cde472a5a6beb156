import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeAudio } from '../audio/decode-audio.ts';
import { liftPayload } from './lift-payload.ts';
import { parseExotelFrame } from './parse-exotel-frame.ts';

const AUDIO = Buffer.alloc(600, 7).toString('base64');

function readBothWays(text: string) {
  return { fromBytes: parseExotelFrame(Buffer.from(text)), fromText: parseExotelFrame(text) };
}

test('the payload of a frame as Exotel writes it is taken out', () => {
  const frame = `{"event":"media","stream_sid":"ü","media":{"chunk":"2","payload":"${AUDIO}","timestamp":"10"}}`;
  expect(liftPayload(Buffer.from(frame))).toEqual({
    json: '{"event":"media","stream_sid":"ü","media":{"chunk":"2","payload":"\\u0000","timestamp":"10"}}',
    payload: AUDIO,
  });
});

test.each([
  ['a space after the colon', `{"event":"media","media":{"payload": "${AUDIO}"}}`],
  ['an escaped slash', `{"event":"media","media":{"payload":"\\/\\/${AUDIO}"}}`],
  ['a capital letter', `{"event":"media","media":{"Payload":"${AUDIO}"}}`],
  ['no end', `{"event":"media","media":{"payload":"${AUDIO}`],
  ['no payload', `{"event":"start","start":{"from":"${AUDIO}"}}`],
])('a frame with %s is read whole', (_, frame) => {
  expect(liftPayload(Buffer.from(frame))).toBeUndefined();
  const { fromBytes, fromText } = readBothWays(frame);
  expect(fromBytes).toEqual(fromText);
});

test.each([
  ['flat', `{"event":"media","payload":"${AUDIO}"}`],
  ['somewhere else as well', `{"event":"media","other":{"payload":"${AUDIO}"},"media":{"payload":"AAAA"}}`],
  ['somewhere else only', `{"event":"media","other":{"payload":"${AUDIO}"},"media":{"chunk":1}}`],
  ['twice', `{"event":"media","media":{"payload":"${AUDIO}","payload":"AAAA"}}`],
  ['in a text', `{"event":"media","x":"\\"payload\\":\\"${AUDIO}","media":{"payload":"${AUDIO}"}}`],
  ['of another event', `{"event":"dtmf","payload":"${AUDIO}","dtmf":{"digit":"1"}}`],
  ['and broken JSON', `{"event":"media","media":{"payload":"${AUDIO}",}}`],
])('a payload %s is read as it is without being taken out', (_, frame) => {
  const { fromBytes, fromText } = readBothWays(frame);
  expect(fromBytes).toEqual(fromText);
});

test('a payload that is no base64 decodes to nothing, whether it is taken out or not', () => {
  const { fromBytes, fromText } = readBothWays(`{"event":"media","media":{"payload":"ü*${AUDIO}"}}`);
  for (const frame of [fromBytes, fromText])
    expect(frame.kind === 'media' && decodeAudio(frame.payload)).toMatchObject({ ok: false });
});

test('any frame is read the same, whether its payload is taken out or not', () => {
  const payload = fc.oneof(fc.constant(AUDIO), fc.base64String({ minLength: 500 }), fc.string());
  const frame = fc.record(
    {
      event: fc.constantFrom('media', 'Media', 'dtmf', 'clear', 'x'),
      stream_sid: fc.string(),
      payload,
      media: fc.record(
        { payload, track: fc.string(), chunk: fc.nat(), timestamp: fc.string() },
        { requiredKeys: [] },
      ),
      extra: fc.jsonValue(),
    },
    { requiredKeys: ['event'] },
  );
  fc.assert(
    fc.property(frame, (each) => {
      const { fromBytes, fromText } = readBothWays(JSON.stringify(each));
      expect(fromBytes).toEqual(fromText);
    }),
  );
});
