import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { encodeEvent, toStorable, type JsonValue, type KnownEvent } from '@turnlog/call-events';
import fc from 'fast-check';
import { deepStrictEqual } from 'node:assert/strict';
import { type CallStore } from './call-store.ts';
import { eventOf, foldEvents, writeOf } from './testing/sample-call.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';

let opened: TestStore;
let store: CallStore;
let count = 0;

beforeAll(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});

afterAll(() => opened.close());

/** Any string of UTF-16 units, including lone surrogates, NUL and every control character. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\0', '\x1e', '\ud800', '\\u0000', '"', '\\', '\u2028', '{}', '%s$1', "';--"),
);

describe('any text', () => {
  it('is read from the row and the archive unchanged, once it is storable', async () => {
    const property = fc.asyncProperty(anyText, fc.dictionary(anyText, anyText), async (text, fields) => {
      count += 1;
      const call = { tenant: 'acme', callSid: `CA${count}` };
      const events = [
        eventOf(call, 1, 'turn.completed', { speaker: 'user', text: storable(text) }),
        eventOf(call, 2, 'data.collected', { fields: storable(fields) }),
        eventOf(call, 3, 'outcome.decided', { outcome: storable(text) }),
      ] satisfies KnownEvent[];
      await store.writeCalls([writeOf(call, events)]);

      const row = await store.readCall(call);
      const record = foldEvents(call, events);
      deepStrictEqual(await store.readArchive(call), events.map(encodeEvent));
      deepStrictEqual(row?.full_transcript, record.transcript);
      deepStrictEqual(row.collected_data, JSON.parse(JSON.stringify(record.collectedData)));
      deepStrictEqual(row.outcome, record.outcome);
      deepStrictEqual(await store.verifyCall(call), { ok: true });
    });
    const examples: [string, Record<string, string>][] = [['\0', { ['__proto__']: 'a key like any other' }]];
    await fc.assert(property, { numRuns: 100, examples });
    // A hundred runs in sequence.
  }, 120_000);
});

function storable<T extends JsonValue>(value: T): T {
  return toStorable(value)?.value as T;
}
