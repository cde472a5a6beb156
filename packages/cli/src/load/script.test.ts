import { describe, expect, it } from '@jest/globals';
import { storedCall } from '../format/format.test-support.ts';
import { generateTurns, loadScript, readScript, type ScriptMessage } from './agent-script.ts';
import { compareWithEnd, compareWithExpectation, expectationOf } from './expectation.ts';
import { newTally, playScript } from './play-script.ts';

const APPENDED = Promise.resolve({ id: 'x', status: 'appended', seq: 1 } as const);

describe('a script', () => {
  it('gives each message an id, so that a repeat is known', () => {
    const [step] = readScript([{ event: 'stage', stage: 'discovery', afterMs: 500 }]);
    expect(step).toEqual({ afterMs: 500, message: { event: 'stage', id: 'stage-1', stage: 'discovery' } });
  });

  it.each([[{}], [[{ stage: 'x' }]], [[{ event: 'turn', afterMs: -1 }]]])('refuses %j', (json) => {
    expect(() => readScript(json)).toThrow("The script is not an array of an agent's messages");
  });

  it('that is not a file is a problem with a sentence', async () => {
    await expect(loadScript('/does/not/exist.json')).rejects.toThrow(/^The script .* can't be read: ENOENT/);
  });

  it('is played in order, each message with its own time', async () => {
    const said: ScriptMessage[] = [];
    const send = (message: ScriptMessage) => {
      said.push(message);
      return APPENDED;
    };
    const { signal } = new AbortController();
    const script = await loadScript('default');
    const tally = newTally();
    const options = { speed: Infinity, signal, now: () => 1_000, send };
    await Promise.all((await playScript(script, tally, options)).receipts);
    expect(tally.appended).toBe(script.length);
    expect(said.map(({ timestamp }) => timestamp)).toEqual(said.map((_, index) => 1_000 + index));
  });

  it('reports when each turn began and ended, unless it says so itself', async () => {
    const said: ScriptMessage[] = [];
    const send = (message: ScriptMessage) => {
      said.push(message);
      return APPENDED;
    };
    let atMs = 0;
    const now = () => (atMs += 40);
    const steps = readScript([
      { event: 'turn', turn: { speaker: 'user', text: 'Hi' }, afterMs: 40 },
      { event: 'turn', turn: { speaker: 'ai', text: 'Hello' }, afterMs: 40 },
      { event: 'turn', turn: { speaker: 'ai', text: 'Bye', startedAt: 1, endedAt: 2 } },
    ]);
    const { signal } = new AbortController();
    await playScript(steps, newTally(), { speed: 1, signal, now, send });
    expect(said.map(({ turn }) => turn)).toEqual([
      { speaker: 'user', text: 'Hi', startedAt: 10, endedAt: 40 },
      { speaker: 'ai', text: 'Hello', startedAt: 50, endedAt: 80 },
      { speaker: 'ai', text: 'Bye', startedAt: 1, endedAt: 2 },
    ]);
  });

  it('is stopped when the call is over', async () => {
    const over = new AbortController();
    const said: ScriptMessage[] = [];
    await playScript(generateTurns(100), newTally(), {
      speed: 1000,
      signal: over.signal,
      now: () => 0,
      send: (message) => {
        said.push(message);
        over.abort();
        return APPENDED;
      },
    });
    expect(said).toHaveLength(1);
  });
});

describe('the expectation of a script', () => {
  const script = readScript([
    ...storedCall().full_transcript.map(({ speaker, text }) => ({ event: 'turn', turn: { speaker, text } })),
    { event: 'collect', data: { budget: 1 } },
    { event: 'collect', data: { budget: 5_000_000, location: 'Mumbai' } },
  ]);

  it('is met by the record of a call on which it was said', () => {
    expect(compareWithExpectation(storedCall(), expectationOf(script))).toEqual([]);
  });

  it('is not met by a record that lacks something', () => {
    const call = storedCall({
      status: 'in_progress',
      outcome: 'lost',
      full_transcript: storedCall().full_transcript.slice(1),
      collected_data: {},
    });
    expect(compareWithExpectation(call, expectationOf(script))).toEqual([
      'its status is in_progress, not completed',
      'it has 3 turns, not 4',
      'its collected data are not what was collected',
      'its outcome is lost, not nothing',
    ]);
  });

  it('is not met by turns in another order', () => {
    const full_transcript = [...storedCall().full_transcript].reverse();
    expect(compareWithExpectation(storedCall({ full_transcript }), expectationOf(script))).toEqual([
      'its turns are not those that were spoken, in their order',
    ]);
  });
});

it('the end of a call is expected of a record that was written during the call', () => {
  const call = storedCall({ status: 'in_progress', ended_at: null });
  expect(compareWithEnd(call)).toEqual(['its status is in_progress, without an end']);
  expect(compareWithEnd({ ...call, status: 'completed', ended_at: new Date(0) })).toEqual([]);
});
