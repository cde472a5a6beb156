import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

const ROWS = 20_000;

let opened: TestStore;
let client: pg.Client;

beforeAll(async () => {
  opened = await openTestStore();
  ({ client } = opened);
  await client.query(`
    insert into call_sessions (
      tenant, call_sid, status, from_number, to_number, outcome, initiated_at, ended_at, ended_cleanly,
      full_transcript, version, fold_version, epoch, transcript_sha256
    )
    select
      'acme', 'CA' || n, case n % 500 when 0 then 'busy' else 'completed' end,
      '+9198' || n, '+9180' || n % 500, case n % 500 when 1 then 'sold' else 'lost' end,
      timestamptz '2026-01-01' + n * interval '5 minutes', timestamptz '2026-01-01' + n * interval '5 minutes',
      n % 50 > 0,
      jsonb_build_array(jsonb_build_object('text', 'Around ' || n || ' lakhs', 'id', 'turn:' || n)),
      1, 4, 'e', ''
    from generate_series(1, ${ROWS}) as n`);
  await client.query('analyze call_sessions');
});

afterAll(() => opened.close());

async function indexesUsed(question: string): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(`explain (format json) ${question}`);
  const plan = JSON.stringify(rows[0]?.['QUERY PLAN']);
  return [...new Set([...plan.matchAll(/"Index Name":"(\w+)"/g)].map(([, name = '']) => name))];
}

describe('the usual questions use an index', () => {
  const questions: [string, string, string][] = [
    ['the calls of a caller', `select * from call_sessions where from_number = '+9198777'`, 'by_caller'],
    [
      'the last calls to a number',
      `select * from call_sessions where to_number = '+918042' order by initiated_at desc nulls last limit 5`,
      'by_callee',
    ],
    [
      'the last calls',
      `select * from call_sessions order by initiated_at desc nulls last limit 20`,
      'by_time',
    ],
    [
      'the last calls of a rare outcome',
      `select * from call_sessions where outcome = 'sold' order by initiated_at desc nulls last limit 20`,
      'by_outcome',
    ],
    [
      'the last calls of a rare status',
      `select * from call_sessions where status = 'busy' order by initiated_at desc nulls last limit 20`,
      'by_status',
    ],
    [
      'the last calls that did not end cleanly',
      `select * from call_sessions where ended_cleanly is false order by initiated_at desc nulls last limit 20`,
      'by_failure',
    ],
    [
      'the calls of a day',
      `select * from call_sessions where ist_day(initiated_at) = '2026-02-03'`,
      'by_day',
    ],
    ['the words of a transcript', `select call_sid from search_calls('"777 lakhs"')`, 'by_words'],
    ['the figures of a day', `select * from daily_calls where day = '2026-02-03'`, 'by_day'],
    ['the latency of a day', `select * from daily_latency where day = '2026-02-03'`, 'by_day'],
    ['the outcomes of a day', `select * from daily_outcomes where day = '2026-02-03'`, 'by_day'],
    ['the tools of a day', `select * from daily_tools where day = '2026-02-03'`, 'by_day'],
    ['the failures of a day', `select * from daily_failures where day = '2026-02-03'`, 'by_day'],
  ];

  it.each(questions)('%s', async (_, question, index) => {
    expect(await indexesUsed(question)).toContain(`call_sessions_${index}`);
  });
});

describe('the search for words', () => {
  it('finds a phrase in any language, and nothing else', async () => {
    await transcribe('CA1', ['पचास लाख तक', 'ठीक है, नमस्ते']);
    const found = async (words: string) =>
      (await client.query<{ call_sid: string }>('select call_sid from search_calls($1)', [words])).rows.map(
        ({ call_sid: callSid }) => callSid,
      );
    expect(await found('नमस्ते')).toEqual(['CA1']);
    expect(await found('"पचास लाख"')).toEqual(['CA1']);
    expect(await found('"लाख पचास"')).toEqual([]);
    expect(await found('AROUND 19999')).toEqual(['CA19999']);
    expect(await found('turn')).toEqual([]);
  });

  it.each([
    ['long words', (n: number) => `${String.fromCodePoint(0x2_0000 + n).repeat(500)} `],
    ['short words', (n: number) => `${String.fromCodePoint(0x4e00 + (n % 20_000))}-${n.toString(36)} `],
    ['addresses', (n: number) => `https://example.com/${n}/${n.toString(36)} `],
    ['one letter', () => 'a '],
  ])('stores a transcript of any size, of %s', async (_, wordOf) => {
    const text = Array.from({ length: 60_000 }, (__, n) => wordOf(n))
      .join('')
      .slice(0, 2_000_000);
    await transcribe('CA2', [text, text]);
    const { rows } = await client.query(`select from call_sessions where call_sid = 'CA2'`);
    expect(rows).toHaveLength(1);
  });
});

async function transcribe(callSid: string, texts: readonly string[]): Promise<void> {
  await client.query(`update call_sessions set full_transcript = $2::text::jsonb where call_sid = $1`, [
    callSid,
    JSON.stringify(texts.map((text) => ({ text }))),
  ]);
}
