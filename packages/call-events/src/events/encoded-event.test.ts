import { expect, test } from '@jest/globals';
import { createEvent } from './create-event.ts';
import { endsConnection, readEncodedEvent, toEncodedEvent, underSource } from './encoded-event.ts';

const call = { tenant: 'default', callSid: 'CA1' };
const origin = { call, source: 'agent', sourceSeq: 9, atMs: 1_769_339_725_120, id: 'turn:t1' };

/** Text that looks like the place of an event, in three bytes a character and escaped. */
const text = 'नमस्ते ,"source":"agent","sourceSeq":9, 🙏';
const encoded = toEncodedEvent(createEvent('turn.completed', { speaker: 'user', text }, origin));

test('the size of an encoded event is that of its text in UTF-8', () => {
  expect(encoded.bytes).toBe(Buffer.byteLength(encoded.text));
  expect(encoded.bytes).toBeGreaterThan(encoded.text.length);
});

test('an event that is read from its text is the one that was written', () => {
  expect(readEncodedEvent(encoded.text)).toEqual(encoded);
  expect(readEncodedEvent('{"v":1}')).toBeUndefined();
});

test('under another source an event is the same in everything else, and its size is right', () => {
  for (const [source, sourceSeq] of [
    ['connection.1', 12_345],
    ['Verbindung-ü', 1],
  ] as const) {
    const moved = underSource({ ...encoded, isRefused: true }, source, sourceSeq);
    const json = JSON.parse(encoded.text) as object;
    expect(JSON.parse(moved.text)).toEqual({ ...json, source, sourceSeq });
    expect(moved).toMatchObject({ event: { source, sourceSeq, id: 'turn:t1' }, isRefused: true });
    expect(moved.bytes).toBe(Buffer.byteLength(moved.text));
  }
});

test('an event that has its place already is not copied', () => {
  expect(underSource(encoded, 'agent', 9)).toBe(encoded);
});

test('an end is known by its type', () => {
  const data = { connectionId: 'c', reason: 'callended' } as const;
  expect(endsConnection(toEncodedEvent(createEvent('call.ended', data, origin)))).toBe(true);
  expect(endsConnection(encoded)).toBe(false);
});
