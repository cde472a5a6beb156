import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { callKeys, DeadLetters, partitionKeys } from '@turnlog/call-log';
import { createCarrierStore } from '@turnlog/call-store';
import fc from 'fast-check';
import { eventOf, terminalWith, writeCall } from './cli.test-support.ts';
import {
  callOf,
  endOf,
  openErasureBench,
  PHONE,
  sids,
  startedWith,
  type ErasureBench,
  type Report,
} from './erase.test-support.ts';
import { postgresPattern } from './privacy/phones/digits.ts';
import { findInValue } from './privacy/phones/find-in-value.ts';
import { phoneMatcher } from './privacy/phones/phone-matcher.ts';
import { readPhone } from './privacy/phones/phone.ts';

let bench: ErasureBench;
beforeAll(async () => (bench = await openErasureBench()));
beforeEach(() => bench.reset());
afterAll(() => bench.close());

describe('a person is found', () => {
  test('in any column, parameter, fact or turn with the number, in any form', async () => {
    const at = (callSid: string) => callOf(callSid);
    await bench.persisted(
      'CA-sip',
      startedWith(at('CA-sip'), { from: 'sip:+919876543210@pbx.example.com:5060' }),
    );
    await bench.persisted('CA-to', startedWith(at('CA-to'), { to: '<sip:09876543210@10.20.30.40>' }));
    await bench.persisted(
      'CA-two',
      startedWith(at('CA-two'), { customParameters: { p: '9123456780 / 9876543210' } }),
    );
    await bench.persisted(
      'CA-fact',
      eventOf(at('CA-fact'), 1, 'data.collected', { fields: { phone: 9_876_543_210 } }),
    );
    await bench.persisted(
      'CA-name',
      eventOf(at('CA-name'), 1, 'data.collected', { fields: { '9876543210': 'me' } }),
    );
    await bench.persisted(
      'CA-turn',
      eventOf(at('CA-turn'), 1, 'turn.completed', { speaker: 'user', text: 'नंबर ९८७६५ ४३२१०' }),
    );
    await bench.persisted(
      'CA-lines',
      eventOf(at('CA-lines'), 1, 'turn.completed', { speaker: 'user', text: '98765\n43210' }),
    );
    await bench.persisted('CA-other', startedWith(at('CA-other'), { from: '+919876543211' }));
    const { erased, code } = await bench.erase('--phone', PHONE);
    expect(sids(erased)).toEqual(['CA-fact', 'CA-lines', 'CA-name', 'CA-sip', 'CA-to', 'CA-turn', 'CA-two']);
    expect(code).toBe(0);
    expect(await bench.sidsIn()).toEqual(['CA-other']);
  });

  test('in an archive whose row has another number, and in a row whose archive is missing', async () => {
    const call = callOf('CA-archive');
    const raw = { DialWhomNumber: '09876543210' };
    const reported = { status: 'completed', from: '09855556666', raw } as const;
    await bench.persisted(
      'CA-archive',
      startedWith(call, {}),
      eventOf(call, 5, 'call.status_reported', reported),
    );
    await bench.persisted('CA-row', startedWith(callOf('CA-row'), { from: PHONE }));
    await bench.client.query(`delete from call_event_segments where call_sid = 'CA-row'`);
    await bench.client.query(`delete from call_sessions where call_sid = 'CA-archive'`);
    expect(sids((await bench.erase('--phone', PHONE)).erased)).toEqual(['CA-archive', 'CA-row']);
    expect(await bench.sidsIn()).toEqual([]);
  });

  test('in Redis alone: in a log, a live state and a dead letter', async () => {
    await bench.append(callOf('CA-log'), [
      startedWith(callOf('CA-log'), { to: PHONE }),
      endOf(callOf('CA-log')),
    ]);
    await bench.redis.rpush(callKeys(bench.space, callOf('CA-state')).turns, '{"text":"it is 98765 43210"}');
    const letter = { kind: 'event', seq: 1, reason: 'not_json', detail: '', atMs: 1 } as const;
    const original = '{"from":"+91 98765-43210","torn';
    await new DeadLetters(bench.redis, bench.space).add({ ...letter, call: callOf('CA-dead'), original }, []);
    expect(sids((await bench.erase('--phone', PHONE)).erased)).toEqual(['CA-dead', 'CA-log', 'CA-state']);
    expect(await new DeadLetters(bench.redis, bench.space).list()).toEqual([]);
    expect((await bench.erase('--phone', PHONE)).erased).toEqual([]);
  });

  test('in calls that were asked of the carrier, but not in one of a held call', async () => {
    const carrier = createCarrierStore({ databaseUrl: bench.databaseUrl, maxConnections: 1 });
    for (const reference of ['free', 'kept']) {
      const placement = {
        reference,
        tenant: 'default',
        dialled: PHONE,
        callerId: '+918000000000',
        dueInMs: 1,
      };
      await carrier.recordPlacement(placement);
    }
    await carrier.close();
    await bench.client.query(`update call_placements set call_sid = 'CA-held' where reference = 'kept'`);
    await bench.store.privacy.hold(callOf('CA-held'), 'case 7');
    const { held, code } = await bench.erase('--phone', PHONE);
    expect([sids(held), code]).toEqual([['CA-held'], 1]);
    const { rows } = await bench.client.query('select reference from call_placements');
    expect(rows).toEqual([{ reference: 'kept' }]);
  });

  test('by Postgres wherever the matcher would find them, over many pages', async () => {
    const phone = readPhone(PHONE, 'IN');
    if (phone === undefined) throw new Error('no phone');
    const separator = fc.constantFrom(
      '',
      ' ',
      '-',
      '. ',
      '\n',
      '\t',
      ' / ',
      '\u00a0',
      '%20',
      ') (',
      '\\',
      '_',
    );
    const digit = (ascii: string) =>
      fc.constantFrom(
        ascii,
        String.fromCharCode(0x966 + Number(ascii)),
        String.fromCharCode(0xff10 + Number(ascii)),
      );
    const written = fc
      .tuple(...Array.from(phone.national, (each) => fc.tuple(digit(each), separator)))
      .map((parts) => `my "no" ${parts.flat().join('')}!`);
    const texts = fc
      .sample(written, 300)
      .filter((text) => findInValue(text, phoneMatcher(phone, 'IN')) !== 'none');
    expect(texts.length).toBeGreaterThan(100);
    const { rows } = await bench.client.query(
      'select text from jsonb_array_elements($1::jsonb) as text where text::text !~ $2',
      [JSON.stringify(texts), postgresPattern(phone.national)],
    );
    expect(rows).toEqual([]);

    await bench.client.query(
      `insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256, from_number)
       select 'default', 'CA-' || n, 'completed', 1, 1, 'e', '', case when n % 700 = 0 then '09876543210' else '0' || n end
       from generate_series(1, 2500) as n`,
    );
    expect(sids((await bench.erase('--phone', PHONE, '--dry-run')).erased)).toEqual([
      'CA-1400',
      'CA-2100',
      'CA-700',
    ]);
  });
});

describe('another person', () => {
  test('whose number ends alike is not erased, and an ambiguous call is left to a person', async () => {
    const numbers = {
      british: '+447911123456',
      indian: '+917911123456',
      either: '07911123456',
      none: '9111111111',
    };
    for (const [name, from] of Object.entries(numbers)) {
      await bench.persisted(`CA-${name}`, startedWith(callOf(`CA-${name}`), { from }));
    }
    const planned = await bench.erase('--phone', '+44 7911 123456', '--dry-run');
    expect([sids(planned.erased), sids(planned.ambiguous), planned.code]).toEqual([
      ['CA-british'],
      ['CA-either'],
      1,
    ]);
    expect((await bench.erase('--phone', '+44 7911 123456')).code).toBe(1);
    expect(await bench.sidsIn()).toEqual(['CA-either', 'CA-indian', 'CA-none']);
    const told = await bench.turnlog('erase', '--phone', '+44 7911 123456');
    expect(told.out).toContain('❓ 1 may be this person’s or another’s, not changed');
    expect(told.out).not.toContain('7911');

    expect((await bench.erase('--phone', '+44 7911 123456', '--include-ambiguous')).code).toBe(0);
    expect(await bench.sidsIn()).toEqual(['CA-indian', 'CA-none']);
    expect(sids((await bench.erase('--phone', '07911 123456')).erased)).toEqual(['CA-indian']);
  });

  test('is distinguished by the region', async () => {
    await bench.persisted('CA1', startedWith(callOf('CA1'), { from: '07911123456' }));
    const abroad = terminalWith({ ...bench.environment(), PHONE_REGION: 'GB' });
    const { out } = await abroad('erase', '--phone', '+447911123456', '--json');
    expect(sids((JSON.parse(out) as Report).erased)).toEqual(['CA1']);
    const nowhere = terminalWith({ ...bench.environment(), PHONE_REGION: 'Mars' });
    expect((await nowhere('erase', '--phone', PHONE)).err).toMatch(/^PHONE_REGION: expected the two letters/);
  });

  test('of another tenant stays with --tenant', async () => {
    await writeCall(bench.store, callOf('CA1', 'acme'), [
      startedWith(callOf('CA1', 'acme'), { from: PHONE }),
    ]);
    await bench.persisted('CA2', startedWith(callOf('CA2'), { from: PHONE }));
    expect(sids((await bench.erase('--phone', PHONE, '--tenant', 'acme')).erased)).toEqual(['CA1']);
  });
});

describe('an erasure', () => {
  test('is in the ledger with its findings, and with each of its calls', async () => {
    await bench.persisted('CA1', startedWith(callOf('CA1'), { from: PHONE }));
    await bench.persisted('CA2', startedWith(callOf('CA2'), { from: PHONE }));
    await bench.store.privacy.hold(callOf('CA2'), 'case 7');
    await bench.erase('--phone', PHONE);
    await bench.erase('--phone', '09876543210');
    const ledger = await bench.store.privacy.erasures();
    const found = { calls: 1, held: 1, live: 0, ambiguous: 0, placements: 0 };
    expect(ledger.filter(({ kind }) => kind === 'phone')).toMatchObject([{ tenant: null, found }]);
    expect(ledger.filter(({ kind }) => kind === 'call')).toHaveLength(1);
    expect(JSON.stringify(ledger)).not.toMatch(/98765|CA1/);
  });

  test('that cannot search Redis fails, and erases nothing', async () => {
    await bench.persisted('CA1', startedWith(callOf('CA1'), { from: PHONE }));
    const away = terminalWith({ ...bench.environment(), REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await away('erase', '--phone', PHONE)).toMatchObject({
      ...{ code: 1, out: '' },
      err: expect.stringContaining("can't be reached"),
    });
    await bench.redis.set(partitionKeys(bench.space, 0).dead, 'a key of another program');
    const broken = await bench.turnlog('erase', '--phone', PHONE);
    expect(broken).toMatchObject({ code: 1, out: '' });
    expect(broken.err).toContain('Nothing was erased');
    expect(await bench.sidsIn()).toEqual(['CA1']);
  });
});
