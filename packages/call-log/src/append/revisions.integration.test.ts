import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEvent, decodeEvent, type CallKey } from '@turnlog/call-events';
import { callOf, openTestLog } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { type AppendRequest } from './append-request.ts';
import { toNewEvent, type NewEvent } from './new-event.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

interface Reported {
  readonly text: string;
  readonly revision?: number;
  readonly id?: string;
  readonly sourceSeq?: number;
  /** As earlier versions wrote them. */
  readonly isOld?: boolean;
}

/** A turn with an id; its text serves as its content. */
function report(call: CallKey, { text, revision, id = 'turn:t1', sourceSeq, isOld }: Reported): NewEvent {
  const event = createEvent(
    'turn.completed',
    { speaker: 'user', text },
    {
      ...{ call, source: sourceSeq === undefined ? 'http:test' : 'c1', atMs: 1_769_339_725_120, id },
      ...(isOld !== true && { fingerprint: `digest of ${text}` }),
      ...(revision !== undefined && { revision }),
      ...(sourceSeq !== undefined && { sourceSeq }),
    },
  );
  return toNewEvent(event, { rememberId: true });
}

async function append(call: CallKey, reports: readonly Reported[], more: Partial<AppendRequest> = {}) {
  const events = reports.map((each) => report(call, each));
  const outcome = await log.appender.append({ call, events, mode: 'unordered', ...more });
  if (outcome.outcome !== 'ok') throw new Error(outcome.outcome);
  return outcome.results.map((result) =>
    result.status === 'refused' ? result.reason : `${result.status} ${result.seq ?? ''}`.trim(),
  );
}

async function textsOf(call: CallKey): Promise<string[]> {
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  return (read?.entries ?? []).map(({ text }) => {
    const decoded = decodeEvent(text);
    return decoded.ok && decoded.event.type === 'turn.completed' ? decoded.event.data.text : '';
  });
}

describe('a report with a known id', () => {
  test('is a duplicate with the same content, a conflict with different content', async () => {
    const call = callOf('conflict');
    expect(await append(call, [{ text: 'So' }])).toEqual(['appended 1']);
    expect(await append(call, [{ text: 'So' }])).toEqual(['duplicate 1']);
    expect(await append(call, [{ text: 'So I' }])).toEqual(['conflict']);
    expect(await append(call, [{ text: 'So' }])).toEqual(['duplicate 1']);
    expect(await textsOf(call)).toEqual(['So']);
  });

  test('is compared with the reports of its own request too', async () => {
    const call = callOf('one-request');
    const reports = [{ text: 'a' }, { text: 'a' }, { text: 'b' }, { text: 'b', id: 'turn:t2' }];
    expect(await append(call, reports)).toEqual(['appended 1', 'duplicate 1', 'conflict', 'appended 2']);
    expect(await textsOf(call)).toEqual(['a', 'b']);
  });

  test('is a duplicate if an older version wrote the first one', async () => {
    const call = callOf('older');
    expect(await append(call, [{ text: 'a', isOld: true }])).toEqual(['appended 1']);
    expect(await append(call, [{ text: 'b' }])).toEqual(['duplicate 1']);
    expect(await append(call, [{ text: 'c', isOld: true }])).toEqual(['duplicate 1']);
    expect(await log.redis.hgetall(callKeys(log.space, call).ids)).toEqual({ 'turn:t1': '1' });
  });

  test('is refused on a socket too, and the next event is no gap', async () => {
    const call = callOf('socket');
    await append(call, [{ text: 'a' }]);
    const more = { mode: 'ordered' } as const;
    expect(await append(call, [{ text: 'b', sourceSeq: 1 }], more)).toEqual(['conflict']);
    expect(await append(call, [{ text: 'b', sourceSeq: 1 }], more)).toEqual(['conflict']);
    expect(await append(call, [{ text: 'c', id: 'turn:t2', sourceSeq: 2 }], more)).toEqual(['appended 2']);
  });
});

describe('a revision', () => {
  test('is appended with a higher or a lower revision, as a report of its own', async () => {
    const call = callOf('revisions');
    expect(await append(call, [{ text: 'So' }])).toEqual(['appended 1']);
    expect(await append(call, [{ text: 'So I think', revision: 2 }])).toEqual(['appended 2']);
    expect(await append(call, [{ text: 'So I', revision: 1 }])).toEqual(['appended 3']);
    expect(await append(call, [{ text: 'So I', revision: 1 }])).toEqual(['duplicate 3']);
    expect(await append(call, [{ text: 'So we', revision: 2 }])).toEqual(['conflict']);
    expect(await textsOf(call)).toEqual(['So', 'So I think', 'So I']);
  });

  test('is a single report if the content is the same', async () => {
    const call = callOf('same-content');
    expect(await append(call, [{ text: 'So' }, { text: 'So', revision: 1 }])).toEqual([
      'appended 1',
      'appended 2',
    ]);
  });
});

describe('an acknowledged report', () => {
  test('is appended once although it is a conflict, and is a duplicate from then on', async () => {
    const call = callOf('acknowledged');
    await append(call, [{ text: 'a' }]);
    expect(await append(call, [{ text: 'b' }], { isAcknowledged: true })).toEqual(['appended 2']);
    expect(await append(call, [{ text: 'b' }], { isAcknowledged: true })).toEqual(['duplicate 2']);
    expect(await append(call, [{ text: 'b' }])).toEqual(['duplicate 2']);
    expect(await append(call, [{ text: 'a' }])).toEqual(['duplicate 1']);
    expect(await append(call, [{ text: 'c' }])).toEqual(['conflict']);
    expect(await textsOf(call)).toEqual(['a', 'b']);
  });

  test('that was refused stays out of the log, even if the event that it contradicts is lost', async () => {
    const call = callOf('refused');
    const events = [{ ...report(call, { text: 'b', sourceSeq: 1 }), isRefused: true }];
    expect(await append(call, [], { events, mode: 'ordered' })).toEqual(['conflict']);
    expect(await append(call, [{ text: 'a', sourceSeq: 2 }], { mode: 'ordered' })).toEqual(['appended 1']);
    expect(await textsOf(call)).toEqual(['a']);
  });
});
