import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { jsonArray, jsonArrayOfArrays } from './json-array.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The texts that Postgres reads from a parameter. */
async function read(type: 'json' | 'jsonb', parameter: Buffer): Promise<string[]> {
  const sql = `select value::text from unnest($1::${type}[]) with ordinality as each (value, number) order by number`;
  const { rows } = await client.query<{ value: string }>(sql, [parameter]);
  return rows.map(({ value }) => value);
}

const TEXTS = ['{"a": "ü\\"🎧"}', '[1, 2]', '"\\u001e,"', 'null', '{}'];

test.each(['json', 'jsonb'] as const)(
  'Postgres reads %s unchanged, from text and from bytes',
  async (type) => {
    expect(await read(type, jsonArray(type, TEXTS))).toEqual(TEXTS);
    const bytes = TEXTS.map((text) => Buffer.from(text));
    expect(await read(type, jsonArray(type, bytes))).toEqual(TEXTS);
    expect(await read(type, jsonArray(type, []))).toEqual([]);
  },
);

test('Postgres reads arrays whose items are texts or bytes', async () => {
  const joined = Buffer.from(TEXTS.join(',\n'));
  const [asTexts, asBytes, none] = await read('json', jsonArrayOfArrays('json', [TEXTS, joined, []]));
  expect(asTexts).toBe(`[${TEXTS.join(',')}]`);
  expect(asBytes).toBe(`[${TEXTS.join(',\n')}]`);
  expect(none).toBe('[]');
});
