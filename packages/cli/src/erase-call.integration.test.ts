import { createHmac } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AudioStreams, callKeys, DeadLetters, toNewEvent } from '@turnlog/call-log';
import { openSpoolFolders, Spool } from '@turnlog/spool';
import { eventOf, writeCall } from './cli.test-support.ts';
import {
  callOf,
  endOf,
  openErasureBench,
  PHONE,
  sids,
  startedWith,
  type ErasureBench,
} from './erase.test-support.ts';

let bench: ErasureBench;
beforeAll(async () => (bench = await openErasureBench()));
beforeEach(() => bench.reset());
afterAll(() => bench.close());

describe('a call is erased by its sid', () => {
  test('in whichever tenant it is, before it is persisted', async () => {
    const call = callOf('CAx', 'acme');
    await bench.append(call, [startedWith(call, {}), endOf(call)]);
    const wrong = await bench.turnlog('erase', '--call', 'CAx', '--tenant', 'default');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('default has no call "CAx", but there is one of acme (log)');
    expect(await bench.redis.exists(callKeys(bench.space, call).log)).toBe(1);
    expect((await bench.erase('--call', 'CAx')).erased).toEqual([{ ...call, foundIn: ['log'] }]);
    expect(await bench.redis.exists(callKeys(bench.space, call).log)).toBe(0);
    expect(await bench.store.privacy.wasErased(call)).toBe(true);
    expect((await bench.erase('--call', 'CAx', '--tenant', 'acme')).code).toBe(0);
  });

  test('only if one tenant has it, or one is named', async () => {
    for (const tenant of ['acme', 'zeta']) {
      const call = callOf('CA-twice', tenant);
      await writeCall(bench.store, call, [startedWith(call, {})]);
    }
    const refused = await bench.turnlog('erase', '--call', 'CA-twice');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(
      /acme \(.*\) and zeta \(.*\)\. Name one with --tenant\. Nothing was erased\./,
    );
    expect((await bench.erase('--call', 'CA-twice', '--tenant', 'zeta')).code).toBe(0);
    expect(await bench.sidsIn()).toEqual(['CA-twice']);
  });

  test('and an unknown one is reported, and not marked unless requested', async () => {
    const call = callOf('CA-nowhere', 'acme');
    const refused = await bench.turnlog('erase', '--call', 'CA-nowhere', '--tenant', 'acme');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(
      'There is no call "CA-nowhere" of acme in Postgres, Redis or the dead letters',
    );
    expect([await bench.store.privacy.wasErased(call), await bench.store.privacy.erasures()]).toEqual([
      false,
      [],
    ]);
    expect((await bench.turnlog('erase', '--call', 'CA-nowhere', '--unseen')).err).toContain(
      '--tenant <name>',
    );
    expect((await bench.erase('--call', 'CA-nowhere', '--tenant', 'acme', '--unseen')).code).toBe(0);
    expect(await bench.store.privacy.wasErased(call)).toBe(true);
  });

  test('even if only its audio, a dead letter or a dead spool has it', async () => {
    const [audio, dead, spooled] = [
      callOf('CA-audio', 'acme'),
      callOf('CA-dead', 'acme'),
      callOf('CA-sp', 'acme'),
    ];
    const batch = {
      track: 'inbound',
      sampleRate: 8000,
      pcm: Buffer.alloc(2),
      offsetMs: 0,
      connectionId: 'c',
    } as const;
    await new AudioStreams(bench.redis, bench.space).append([{ call: audio, batch }], {
      maxBatches: 9,
      keepMs: 3_600_000,
    });
    const letter = { kind: 'event', seq: 1, reason: 'not_json', detail: '', original: 'x', atMs: 1 } as const;
    await new DeadLetters(bench.redis, bench.space).add({ ...letter, call: dead }, []);
    const spoolDir = await mkdtemp(path.join(bench.folder, 'spool-'));
    const folders = await openSpoolFolders(spoolDir, 'gw-1');
    const { disk, firstNumber } = folders;
    const fail = (problem?: unknown): never => {
      throw new Error(`the spool has a problem: ${String(problem)}`);
    };
    const observer = { onProblem: fail, onRecovered: fail, onNotRemoved: fail };
    const spool = new Spool({ disk, firstNumber, maxBytes: 1_000_000, observer });
    await spool.store([toNewEvent(startedWith(spooled, {}), { rememberId: false })], 'ordered');
    await spool.close();
    await folders.close();

    expect((await bench.erase('--call', 'CA-audio')).erased).toMatchObject([audio]);
    expect(await bench.redis.exists(callKeys(bench.space, audio).audio)).toBe(0);
    expect((await bench.erase('--call', 'CA-dead')).erased).toEqual([{ ...dead, foundIn: ['dead letter'] }]);
    const bySpool = await bench.turnlog('erase', '--call', 'CA-sp', '--spool', spoolDir);
    expect(bySpool.out).toContain('acme/CA-sp  (spool)');
    expect(bySpool.out).toContain('1 event(s) removed from the spools of dead gateways');
  });

  test('but not while it is in progress, and then it is not in the ledger', async () => {
    const call = callOf('CA-live', 'acme');
    await bench.append(call, [startedWith(call, {})]);
    const { code, out } = await bench.turnlog('erase', '--call', 'CA-live');
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 in progress, not changed'),
    });
    expect(await bench.store.privacy.erasures()).toEqual([]);
    expect((await bench.erase('--call', 'CA-live', '--dry-run')).live).toMatchObject([call]);
  });
});

describe('an erasure that is interrupted', () => {
  test('reports its progress, and the same command continues', async () => {
    for (const callSid of ['CA1', 'CA2', 'CA3']) {
      await bench.persisted(callSid, startedWith(callOf(callSid), { from: PHONE }));
    }
    await bench.client.query(
      `create function fail() returns trigger language plpgsql as $$ begin raise exception 'disk'; end $$;
       create trigger fail before delete on call_sessions for each row when (old.call_sid = 'CA2') execute function fail()`,
    );
    const broken = await bench.turnlog('erase', '--phone', PHONE);
    expect(broken).toMatchObject({ code: 1, out: '' });
    expect(broken.err).toMatch(
      /^1 of 3 call\(s\) were erased; then this happened: .*Run the same command again/,
    );
    expect(await bench.sidsIn()).toEqual(['CA2', 'CA3']);
    await bench.client.query('drop trigger fail on call_sessions; drop function fail()');
    expect(sids((await bench.erase('--phone', PHONE)).erased)).toEqual(['CA2', 'CA3']);
    const [person] = (await bench.store.privacy.erasures()).filter(({ kind }) => kind === 'phone');
    expect(person?.found).toMatchObject({ calls: 3 });
  });
});

describe('the ledger erases again', () => {
  const restored = async (...calls: readonly (readonly [callSid: string, from: string])[]) => {
    await bench.client.query('truncate erased_calls');
    for (const [callSid, from] of calls)
      await bench.persisted(callSid, startedWith(callOf(callSid), { from }));
  };

  test('the calls of a person by their names, and other data with the number', async () => {
    await bench.persisted('CA1', startedWith(callOf('CA1'), { from: PHONE }));
    await bench.erase('--phone', PHONE);
    // As if the archive of one were damaged in the backup, and another had never been in this system.
    await restored(['CA1', '+911111111111'], ['CA2', 'sip:09876543210@pbx'], ['CA3', '+449876543210']);
    const raw = { DialWhomNumber: PHONE };
    const reported = eventOf(callOf('CA4'), 5, 'call.status_reported', { status: 'completed', raw });
    await bench.persisted('CA4', startedWith(callOf('CA4'), {}), reported);
    expect(sids((await bench.erase('--reapply')).erased)).toEqual(['CA1', 'CA2', 'CA4']);
    expect(await bench.sidsIn()).toEqual(['CA3']);
  });

  test('a person of an older ledger, which has the last ten digits only', async () => {
    const subject = createHmac('sha256', bench.environment()['ERASURE_KEY'] ?? '')
      .update('phone:7911123456')
      .digest('hex');
    const erasure = { kind: 'phone', subject, tenant: null, erasedAt: new Date() } as const;
    await bench.store.privacy.recordErasures([erasure]);
    await restored(['CA-indian', '+917911123456'], ['CA-british', '+447911123456'], ['CA-other', PHONE]);
    const { erased, ambiguous, code } = await bench.erase('--reapply');
    expect([sids(erased), sids(ambiguous), code]).toEqual([['CA-indian'], ['CA-british'], 1]);
    expect(await bench.sidsIn()).toEqual(['CA-british', 'CA-other']);
  });
});
