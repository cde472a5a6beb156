/*
 * What delivery needs of an append. The script in Redis, the model of the simulation and the fake of the
 * tests all fulfil it.
 */
import { createEvent, type CallKey } from '@turnlog/call-events';
import { callOf, T0, turn } from '@turnlog/call-events/testing';
import assert from 'node:assert/strict';
import { type Appender } from '../append/appender.ts';
import { type AppendRequest } from '../append/append-request.ts';
import { toNewEvent } from '../append/new-event.ts';
import { ordered, unordered } from './build-requests.ts';

/** The log of one call, as the contract checks it. */
export interface ContractLog extends Appender {
  /** The texts of the log, in order. */
  texts(): Promise<readonly string[]>;
  /** The server loses everything of the call. */
  lose(): Promise<void>;
}

/** Opens an empty log of a call with this limit of events. */
export type OpenContractLog = (call: CallKey, maxEvents: number) => ContractLog;

/** One clause of the contract. */
export interface ContractCase {
  readonly name: string;
  /** Rejects if the clause is broken. */
  readonly check: (log: ContractLog, call: CallKey) => Promise<void>;
}

/** Checks a clause with a log of its own. */
export function checkContract({ name, check }: ContractCase, open: OpenContractLog): Promise<void> {
  const call = callOf(name);
  return check(open(call, MAX_EVENTS), call);
}

const MAX_EVENTS = 3;
const SOURCE = 'connection';

export const APPEND_CONTRACT: readonly ContractCase[] = [
  {
    name: 'an ordered source gets consecutive seqs',
    check: async (log, call) => {
      const request = ordered(call, SOURCE, 1, [turn('a'), turn('b')]);
      assert.deepEqual(await resultsOf(log, request), ['appended 1', 'appended 2']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 3, [turn('c')])), ['appended 3']);
      assert.deepEqual((await log.texts()).slice(0, 2), textsOf(request));
    },
  },
  {
    name: 'a resend of an ordered source is a duplicate by its place, and what follows it is appended',
    check: async (log, call) => {
      await log.append(ordered(call, SOURCE, 1, [turn('a'), turn('b')]));
      const resend = ordered(call, SOURCE, 1, [turn('a'), turn('b'), turn('c')]);
      assert.deepEqual(await resultsOf(log, resend), ['duplicate', 'duplicate', 'appended 3']);
    },
  },
  {
    name: 'a gap names the first event that is missing, and nothing is appended',
    check: async (log, call) => {
      const first = ordered(call, SOURCE, 1, [turn('a')]);
      await log.append(first);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 3, [turn('c')])), ['gap 2']);
      assert.deepEqual(await log.texts(), textsOf(first));
    },
  },
  {
    name: 'sources of one call are counted apart',
    check: async (log, call) => {
      await log.append(ordered(call, SOURCE, 1, [turn('a')]));
      assert.deepEqual(await resultsOf(log, ordered(call, 'another', 1, [turn('b')])), ['appended 2']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 2, [turn('c')])), ['appended 3']);
    },
  },
  {
    name: 'an event with a known id is a duplicate of the event that has it',
    check: async (log, call) => {
      await log.append(unordered(call, ['a', ...turn('a')]));
      const request = unordered(call, ['a', ...turn('a')], ['b', ...turn('b')]);
      assert.deepEqual(await resultsOf(log, request), ['duplicate 1', 'appended 2']);
      assert.deepEqual(await resultsOf(log, request), ['duplicate 1', 'duplicate 2']);
    },
  },
  {
    name: 'a duplicate by its id advances its source',
    check: async (log, call) => {
      await log.append(unordered(call, ['a', ...turn('a')]));
      assert.deepEqual(await resultsOf(log, report(call, { id: 'a', sourceSeq: 1 })), ['duplicate 1']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 2, [turn('b')])), ['appended 2']);
    },
  },
  {
    name: 'a known id with other content is a conflict, and a conflict again when it is sent again',
    check: async (log, call) => {
      await log.append(report(call, { id: 'a', content: 'one' }));
      const conflict = report(call, { id: 'a', content: 'another', sourceSeq: 1 });
      assert.deepEqual(await resultsOf(log, conflict), ['conflict']);
      assert.deepEqual(await resultsOf(log, conflict), ['conflict']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 2, [turn('b')])), ['appended 2']);
    },
  },
  {
    name: 'a conflict that was acknowledged is appended once',
    check: async (log, call) => {
      await log.append(report(call, { id: 'a', content: 'one' }));
      const acknowledged = { ...report(call, { id: 'a', content: 'another' }), isAcknowledged: true };
      assert.deepEqual(await resultsOf(log, acknowledged), ['appended 2']);
      assert.deepEqual(await resultsOf(log, acknowledged), ['duplicate 2']);
    },
  },
  {
    name: 'a full call refuses events, refuses them again, and their source has no gap',
    check: async (log, call) => {
      const request = ordered(call, SOURCE, 1, [turn('a'), turn('b'), turn('c'), turn('d')]);
      const results = await resultsOf(log, request);
      assert.deepEqual(results, ['appended 1', 'appended 2', 'appended 3', 'call_full']);
      assert.deepEqual(await resultsOf(log, request), ['duplicate', 'duplicate', 'duplicate', 'call_full']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 5, [turn('e')])), ['call_full']);
    },
  },
  {
    name: 'a full call takes events that were acknowledged before',
    check: async (log, call) => {
      await log.append(ordered(call, SOURCE, 1, [turn('a'), turn('b'), turn('c')]));
      const acknowledged = { ...unordered(call, ['d', ...turn('d')]), isAcknowledged: true };
      assert.deepEqual(await resultsOf(log, acknowledged), ['appended 4']);
    },
  },
  {
    name: 'an event that was refused as a conflict only takes its place',
    check: async (log, call) => {
      const { events, ...request } = ordered(call, SOURCE, 1, [turn('a')]);
      const refused = { ...request, events: events.map((event) => ({ ...event, isRefused: true })) };
      assert.deepEqual(await resultsOf(log, refused), ['conflict']);
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 2, [turn('b')])), ['appended 1']);
    },
  },
  {
    name: 'the epoch stays while the log continues, and changes when it starts again',
    check: async (log, call) => {
      const before = await epochOf(log, ordered(call, SOURCE, 1, [turn('a')]));
      assert.equal(await epochOf(log, ordered(call, SOURCE, 2, [turn('b')])), before);
      await log.lose();
      assert.deepEqual(await resultsOf(log, ordered(call, SOURCE, 3, [turn('c')])), ['gap 1']);
      assert.notEqual(await epochOf(log, ordered(call, SOURCE, 1, [turn('a')])), before);
    },
  },
];

/** A turn under an id; its fingerprint stands for its content. */
function report(
  call: CallKey,
  { id, content, sourceSeq }: { readonly id: string; readonly content?: string; readonly sourceSeq?: number },
): AppendRequest {
  const origin = {
    ...{ call, id, source: sourceSeq === undefined ? 'http:test' : SOURCE, atMs: T0 },
    ...(content !== undefined && { fingerprint: content }),
    ...(sourceSeq !== undefined && { sourceSeq }),
  };
  const event = createEvent('turn.completed', { speaker: 'user', text: content ?? id }, origin);
  const mode = sourceSeq === undefined ? 'unordered' : 'ordered';
  return { call, mode, events: [toNewEvent(event, { rememberId: true })] };
}

async function resultsOf(log: ContractLog, request: AppendRequest): Promise<string[]> {
  const outcome = await log.append(request);
  if (outcome.outcome === 'gap') return [`gap ${outcome.expected}`];
  if (outcome.outcome === 'seen') return ['seen'];
  return outcome.results.map((result) =>
    result.status === 'refused' ? result.reason : `${result.status} ${result.seq ?? ''}`.trim(),
  );
}

async function epochOf(log: ContractLog, request: AppendRequest): Promise<string> {
  const outcome = await log.append(request);
  assert(outcome.outcome === 'ok');
  return outcome.epoch;
}

function textsOf({ events }: AppendRequest): string[] {
  return events.map(({ text }) => text);
}
