import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallKey } from '@turnlog/call-events';
import { callKeys } from '@turnlog/call-log';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import {
  createTestDatabase,
  freePort,
  testKeyPrefix,
  testRedisUrl,
  type TestDatabase,
} from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { eventOf, seedEvents, terminalWith, writeCall } from './cli.test-support.ts';

const CALL = { tenant: 'default', callSid: 'CA1234567890abcdef' };
const FAILED = { tenant: 'acme', callSid: 'CAfailed' };

describe('turnlog on a database', () => {
  let database: TestDatabase;
  let store: CallStore;
  let turnlog: ReturnType<typeof terminalWith>;
  beforeAll(async () => {
    database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
    store = createCallStore({ databaseUrl: database.url, maxConnections: 1 });
    turnlog = terminalWith({ DATABASE_URL: database.url });
    await writeCall(store, CALL, seedEvents(CALL));
    await writeCall(store, FAILED, [eventOf(FAILED, -3600, 'call.status_reported', { status: 'failed' })]);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it('calls lists them, the latest first', async () => {
    const { code, out } = await turnlog('calls', '--tz', 'Asia/Kolkata');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe('📞 Found 2 call(s):');
    expect(lines[4]).toBe(
      'CA1234567890abcdef             completed       qualified           45s        2026-01-25 16:45:00 default',
    );
    expect(lines[5]).toMatch(/^CAfailed .* acme$/);
  });

  it.each([
    [['--last', '1'], ['CA1234567890abcdef']],
    [['--status', 'failed'], ['CAfailed']],
    [['--outcome', 'qualified'], ['CA1234567890abcdef']],
    [['--tenant', 'acme'], ['CAfailed']],
    [['--since', '30m'], ['CA1234567890abcdef']],
    [['--since', '2026-01-25T11:00:00Z'], ['CA1234567890abcdef']],
    [['--since', '2027-01-01'], []],
  ])('calls takes %j', async (flags, sids) => {
    const { out } = await turnlog('calls', '--json', ...flags);
    expect((JSON.parse(out) as { call_sid: string }[]).map(({ call_sid }) => call_sid)).toEqual(sids);
  });

  it('show shows the record', async () => {
    const { code, out } = await turnlog('show', CALL.callSid, '--tz', 'Asia/Kolkata');
    expect(code).toBe(0);
    expect(out).toContain('  Status:         completed\n  Outcome:        qualified\n');
    expect(out).toContain('  Duration:       45s\n');
    expect(out).toContain('📊 COLLECTED DATA:\n  budget: 5000000\n  location: Mumbai\n');
    expect(out).toContain('[16:45:25] 👤 USER:       Around 50 lakhs\n');
  });

  it('show --json prints the row and nothing else', async () => {
    const { out } = await turnlog('show', CALL.callSid, '--json');
    expect(JSON.parse(out)).toMatchObject({
      call_sid: CALL.callSid,
      outcome: 'qualified',
      initiated_at: '2026-01-25T11:15:00.000Z',
      collected_data: { budget: 5_000_000, location: 'Mumbai' },
      full_transcript: [{ speaker: 'ai' }, { speaker: 'user' }, { speaker: 'ai' }, { speaker: 'user' }],
    });
  });

  it('show has a sentence for an unknown call', async () => {
    const { code, out, err } = await turnlog('show', 'CA0\u001B[2J', '--json');
    expect(code).toBe(1);
    expect(err).toMatch(/^There is no record of a call "CA0<U\+001B>\[2J"\. [^\n]*\n$/);
    expect(JSON.parse(out)).toEqual({ error: { message: err.trimEnd() } });
  });

  it('verify finds that records agree with their archives', async () => {
    expect(await turnlog('verify', '--all')).toEqual({
      code: 0,
      out: '✅ 2 call(s) verified: every record agrees with its archive.\n',
      err: '',
    });
  });

  it('verify counts rows of an earlier fold version apart, and ends with 0', async () => {
    const foldedBy = async (version: string): Promise<void> => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(`update call_sessions set fold_version = ${version} where call_sid = (
        select min(call_sid) from call_sessions)`);
      await client.end();
    };
    await foldedBy('fold_version - 1');
    const { code, out } = await turnlog('verify', '--all');
    const json = await turnlog('verify', '--all', '--json');
    await foldedBy('fold_version + 1');
    expect([code, json.code]).toEqual([0, 0]);
    expect(out).toContain(
      '1 of them were not compared: an earlier version of the rules folded their rows.\n',
    );
    expect(JSON.parse(json.out)).toMatchObject({ verified: 2, otherFoldVersion: 1, differing: [] });
  });

  it('refold folds records of an earlier version again, unless their archives are gone', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const gone = { tenant: 'old', callSid: 'CAgone' };
    const torn = { tenant: 'torn', callSid: 'CAtorn' };
    for (const call of [gone, torn]) await writeCall(store, call, seedEvents(call));
    await client.query(`
      update call_sessions set fold_version = fold_version - 1, stages = '[]', ended_cleanly = null;
      update call_sessions set archive_removed_at = now() where call_sid = 'CAgone';
      delete from call_event_segments where tenant in ('old', 'torn')`);

    expect((await turnlog('refold', '--dry-run', '--json')).out).toContain('"refolded": 3');
    expect(await turnlog('refold')).toEqual({
      code: 1,
      out: `❌ torn/CAtorn: its archive has fewer events than its row.
🔁 2 record(s) folded again.
1 other(s) stay as they are: retention has deleted their archives.
`,
      err: '',
    });
    expect((await store.readCall(CALL))?.ended_cleanly).toBe(true);
    await client.query(`delete from call_sessions where tenant in ('old', 'torn')`);
    await client.end();
    expect(await turnlog('refold')).toMatchObject({ code: 0, out: '🔁 0 record(s) folded again.\n' });
    expect((await turnlog('verify', '--all')).out).toBe(
      '✅ 2 call(s) verified: every record agrees with its archive.\n',
    );
  });

  it('verify lists the differences, and ends with 1', async () => {
    const call = { tenant: 'default', callSid: 'CAaltered' };
    await writeCall(store, call, seedEvents(call));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("update call_sessions set outcome = 'lost' where call_sid = 'CAaltered'");
    await client.end();

    const one = await turnlog('verify', 'CAaltered');
    expect(one.code).toBe(1);
    expect(one.out).toContain('❌ default/CAaltered\n     outcome: it differs from the archive\n');
    const all = await turnlog('verify', '--all', '--json');
    expect(all.code).toBe(1);
    expect(JSON.parse(all.out)).toMatchObject({ verified: 3, differing: [{ callSid: 'CAaltered' }] });
  });

  it('verify lists calls that are persisted according to Redis and missing in Postgres', async () => {
    const prefix = testKeyPrefix();
    const space = { prefix, partitions: 16 };
    const redis = new Redis(testRedisUrl());
    const [lost, kept] = ['CAlost', 'CAkept'].map((callSid) => ({ tenant: 'default', callSid })) as [
      CallKey,
      CallKey,
    ];
    await writeCall(store, kept, seedEvents(kept));
    const row = await store.readCall(kept);
    for (const call of [lost, kept])
      await redis.hset(callKeys(space, call).head, { epoch: row?.epoch, seq: 3, persisted: 3 });
    redis.disconnect();
    const asking = terminalWith({
      DATABASE_URL: database.url,
      ...{ REDIS_URL: testRedisUrl(), KEY_PREFIX: prefix, PARTITIONS: '16' },
    });
    const { code, out } = await asking('verify', '--all');
    expect([code, out.match(/❌ .*: in Postgres according to Redis/g)]).toEqual([
      1,
      ['❌ default/CAlost: in Postgres according to Redis'],
    ]);
    const elsewhere = await asking('verify', '--all', '--tenant', 'acme', '--json');
    expect([elsewhere.code, JSON.parse(elsewhere.out)]).toMatchObject([0, { lost: [] }]);
  });

  it('verify --all reports a Redis that cannot be asked, and verifies all the same', async () => {
    const port = await freePort();
    const asking = terminalWith({ DATABASE_URL: database.url, REDIS_URL: `redis://127.0.0.1:${port}` });
    const { err, out } = await asking('verify', '--all', '--tenant', 'acme');
    expect([out, err]).toEqual([
      expect.stringContaining('✅ 1 call(s) verified'),
      expect.stringContaining('it is not known whether Postgres lost calls'),
    ]);
  });

  it('verify needs one call, or --all', async () => {
    for (const args of [[], ['CA1', '--all']]) {
      expect((await turnlog('verify', ...args)).err).toMatch(/^Name one call, or use --all\./);
    }
  });

  it('shows hostile text of a caller as harmless text (F40)', async () => {
    const call = { tenant: 'hostile', callSid: 'CAhostile' };
    const said = [
      '<script>alert(1)</script>',
      '=HYPERLINK("http://evil.example","x")',
      'safe\u202Elive\u2066',
      '\u001B]8;;http://evil.example\u0007click\u009B2J',
      'one\nSTATUS: forged',
    ];
    await writeCall(store, call, [
      ...said.map((text, index) => eventOf(call, index, 'turn.completed', { speaker: 'user', text })),
      eventOf(call, 9, 'outcome.decided', { outcome: said.join('') }),
      eventOf(call, 10, 'data.collected', { fields: { [said[3] ?? '']: said } }),
    ]);
    const shown = [
      await turnlog('show', call.callSid),
      await turnlog('calls', '--tenant', 'hostile'),
      await turnlog('show', call.callSid, '--json'),
      await turnlog('calls', '--tenant', 'hostile', '--json'),
    ];
    for (const { out } of shown) expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}|[\u202E\u2066]/u);
    expect(shown[0]?.out).toContain('👤 USER:       one↵STATUS: forged\n');
    expect(shown[0]?.out).toContain('👤 USER:       <script>alert(1)</script>\n');
    expect(shown[1]?.out.split('\n')).toHaveLength(9);
    const row = JSON.parse(shown[2]?.out ?? '') as { full_transcript: { text: string }[] };
    expect(row.full_transcript.map(({ text }) => text)).toEqual(said);
  });
});

describe('turnlog without its database', () => {
  it('says how to name one', async () => {
    const { code, err } = await terminalWith({})('calls');
    expect(code).toBe(1);
    expect(err).toBe(
      'No Postgres is known: start Turnlog here with "npm start", or name one with --database or DATABASE_URL.\n',
    );
  });

  it('reports that it cannot be reached, without the password', async () => {
    const url = `postgres://turnlog:secret@127.0.0.1:${await freePort()}/turnlog`;
    const { code, err } = await terminalWith({ DATABASE_URL: url })('calls');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Postgres at postgres:\/\/127\.0\.0\.1:\d+\/turnlog can't be reached: .*Is it running\?\n$/,
    );
    expect(err).not.toContain('secret');
  });

  it('reports the problem of a setting', async () => {
    const { code, err } = await terminalWith({ DATABASE_URL: 'mysql://x' })('calls');
    expect(code).toBe(1);
    expect(err).toMatch(/^The environment is wrong:\n {2}DATABASE_URL: expected a URL such as postgres:/);
  });

  it('migrates an empty one, which is unusable before', async () => {
    const database = await createTestDatabase();
    const turnlog = terminalWith({ DATABASE_URL: database.url });
    expect((await turnlog('calls')).err).toMatch(/run "turnlog migrate"\.\n$/);
    expect((await turnlog('migrate')).out).toMatch(/^The schema is up to date\. Steps taken:\n {2}0001-/);
    expect(JSON.parse((await turnlog('migrate', '--json')).out)).toEqual({ applied: [] });
    expect((await turnlog('calls')).out).toBe('📞 Found 0 call(s):\n');
    await database.drop();
  });
});
