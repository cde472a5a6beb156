import { Readable } from 'node:stream';
import {
  createEvent,
  encodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  type CallKey,
  type EventData,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';
import { toRow, type CallStore } from '@turnlog/call-store';
import { runCli } from './run-cli.ts';

const START_MS = Date.parse('2026-01-25T11:15:00.000Z');

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs commands in one environment, as a person at a terminal does, with this text on standard input. */
export function terminalWith(env: Readonly<Record<string, string>>, input = '') {
  return async (...args: readonly string[]): Promise<Ran> => {
    const written = { out: '', err: '' };
    const code = await runCli(args, {
      env: { TURNLOG_DATA_DIR: '/nonexistent', ...env },
      out: { write: (content) => (written.out += textOf(content)) },
      err: { write: (content) => (written.err += textOf(content)) },
      in: Readable.from([input]),
      signal: new AbortController().signal,
      now: () => START_MS + 60_000,
    });
    return { code, ...written };
  };
}

/** A file's content is shown with a character per byte. */
function textOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
}

/** An event of a call, `seconds` after its beginning. */
export function eventOf<T extends EventType>(
  call: CallKey,
  seconds: number,
  type: T,
  data: EventData<T>,
): KnownEvent {
  const origin = { call, source: 'gateway', atMs: START_MS + seconds * 1000, id: `${type}:${seconds}` };
  return createEvent(type, data, origin) as KnownEvent;
}

/** The call of the seed: 45 seconds, four turns, qualified. */
export function seedEvents(call: CallKey): KnownEvent[] {
  return [
    eventOf(call, 0, 'call.started', { connectionId: 'c1', from: '+919800000001', to: '+918047000001' }),
    eventOf(call, 12, 'turn.completed', { speaker: 'ai', text: "Hello! I'm calling from Real Estate..." }),
    eventOf(call, 18, 'turn.completed', { speaker: 'user', text: 'Hi, yes?' }),
    eventOf(call, 20, 'turn.completed', {
      speaker: 'ai',
      text: "Great! What's your budget for this property?",
    }),
    eventOf(call, 25, 'turn.completed', { speaker: 'user', text: 'Around 50 lakhs' }),
    eventOf(call, 25, 'data.collected', { fields: { budget: 5_000_000, location: 'Mumbai' } }),
    eventOf(call, 40, 'outcome.decided', { outcome: 'qualified' }),
    eventOf(call, 45, 'call.ended', { connectionId: 'c1', reason: 'callended' }),
  ];
}

/** Writes a call as the persister does. */
export async function writeCall(
  store: CallStore,
  call: CallKey,
  events: readonly KnownEvent[],
): Promise<void> {
  const record = toCallRecord(events.reduce(foldCall, initialState(call)));
  const segment = { fromSeq: 1, toSeq: events.length, events: events.map(encodeEvent) };
  await store.writeCalls([{ row: toRow(record), epoch: 'epoch-1', segment }]);
}
