import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { callKeys, createAudioStreams, createDeadLetters, toNewEvent } from '@turnlog/call-log';
import { openSpoolFolders, Spool } from '@turnlog/spool';
import { writeCall } from './cli.test-support.ts';
import { callOf, endOf, openErasureBench, startedWith, type ErasureBench } from './erase.test-support.ts';

let bench: ErasureBench;
beforeAll(async () => (bench = await openErasureBench()));
beforeEach(() => bench.reset());
afterAll(() => bench.close());

describe('a call is erased by its sid', () => {
  test('whatever tenant has it, before it is persisted', async () => {
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

  test('only where one tenant has it, or one is named', async () => {
    for (const tenant of ['acme', 'zeta']) {
      const call = callOf('CA-twice', tenant);
      await writeCall(bench.store, call, [startedWith(call, {})]);
    }
    const refused = await bench.turnlog('erase', '--call', 'CA-twice');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(
      /acme \(.*\) and zeta \(.*\)\. Say which one with --tenant\. Nothing was erased\./,
    );
    expect((await bench.erase('--call', 'CA-twice', '--tenant', 'zeta')).code).toBe(0);
    expect(await bench.sidsIn()).toEqual(['CA-twice']);
  });

  test('and one that is nowhere is told to be nowhere, and not marked unless asked', async () => {
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

  test('also where only its audio, a dead letter or a dead spool has it', async () => {
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
    await createAudioStreams(bench.redis, bench.space).append([{ call: audio, batch }], {
      maxBatches: 9,
      keepMs: 3_600_000,
    });
    const letter = { kind: 'event', seq: 1, reason: 'not_json', detail: '', original: 'x', atMs: 1 } as const;
    await createDeadLetters(bench.redis, bench.space).add({ ...letter, call: dead }, []);
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
    expect(bySpool.out).toContain('1 event(s) taken out of the spools of dead gateways');
  });

  test('but not while it goes on, and then the ledger says nothing of it', async () => {
    const call = callOf('CA-live', 'acme');
    await bench.append(call, [startedWith(call, {})]);
    const { code, out } = await bench.turnlog('erase', '--call', 'CA-live');
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 still going on, not touched'),
    });
    expect(await bench.store.privacy.erasures()).toEqual([]);
    expect((await bench.erase('--call', 'CA-live', '--dry-run')).live).toMatchObject([call]);
  });
});
