import { deepStrictEqual } from 'node:assert/strict';
import { afterAll, beforeAll, test } from '@jest/globals';
import { toStorable, type JsonValue } from '@turnlog/call-events';
import { callKeys } from '@turnlog/call-log';
import { type TestDatabase } from '@turnlog/test-kit';
import fc from 'fast-check';
import {
  append,
  callOf,
  createMigratedDatabase,
  ended,
  openTestSystem,
  started,
  turn,
  type TestSystem,
} from './service.test-support.ts';

let database: TestDatabase;
let system: TestSystem;
beforeAll(async () => {
  database = await createMigratedDatabase();
  system = await openTestSystem(database.url);
});
afterAll(async () => {
  await system.close();
  await database.drop();
});

/** Any string of UTF-16 units, with what stands between texts on their way among them. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(',\n', '\n', '},{', '\x1e', '\0', '"', '\\', '\u2028', '🎧', '\ud800'),
);

test('whatever is said comes out of Postgres as the log has it, by way of Redis and the persister', async () => {
  await system.start();
  let count = 0;
  const property = fc.asyncProperty(
    fc.array(anyText, { maxLength: 8 }),
    fc.dictionary(anyText, anyText),
    async (texts, fields) => {
      count += 1;
      const call = callOf(`CA-any-${count}`);
      const said = texts.map((text) => turn(storable(text)));
      await append(system, call, [started, ...said, ['data.collected', { fields: storable(fields) }], ended]);
      const logged = await system.redis.xrange(callKeys(system.space, call).log, '-', '+');
      await system.settled();

      const row = await system.store.readCall(call);
      deepStrictEqual(
        await system.store.readArchive(call),
        logged.map(([, [, text]]) => text),
      );
      deepStrictEqual(
        row?.full_transcript.map(({ text }) => text),
        texts.map(storable),
      );
      deepStrictEqual(Object.entries(row.collected_data).sort(), Object.entries(storable(fields)).sort());
      deepStrictEqual(await system.store.verifyCall(call), { ok: true });
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

function storable<T extends JsonValue>(value: T): T {
  return toStorable(value)?.value as T;
}
