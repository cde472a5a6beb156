import { type JsonValue } from '@turnlog/call-events';
import { type Rng } from '@turnlog/test-kit';
import {
  type AgentMessage,
  type LineAudio,
  type PlannedCall,
  type PlannedEvent,
  type ReportVia,
} from '../ledger/planned-call.ts';

/** How many calls, how long, and of what kind. */
export interface LoadShape {
  readonly calls: number;
  readonly eventsPerCall: number;
  /** The time in which the calls start and report everything. */
  readonly windowMs: number;
  /** Both by default. */
  readonly via?: readonly ReportVia[];
  /** The share of calls without a line, 0.1 by default. */
  readonly withoutLine?: number;
  /** The audio of lines, `usual` by default. */
  readonly audio?: LineAudio;
  /** How many events of how many calls come after the hang-up: 2 of a quarter of them by default. */
  readonly lateEvents?: number;
}

const WORDS =
  'नमस्ते yes no budget lakhs hän 東京 😀 "quoted" back\\slash tab\tnew\nline café maybe Tuesday 50%'.split(
    ' ',
  );
const REPEATED = 0.03;
const LATE = 0.25;

/**
 * Makes the calls of a load: the same for the same random numbers. Events of a call are `e1`, `e2` … in
 * order.
 */
export function planCalls(shape: LoadShape, rng: Rng, prefix: string): PlannedCall[] {
  const {
    calls,
    eventsPerCall,
    windowMs,
    via = ['socket', 'http'],
    withoutLine = 0.1,
    lateEvents = 2,
    audio = 'usual',
  } = shape;
  return Array.from({ length: calls }, (_, index): PlannedCall => {
    const own = rng.fork(`call ${index}`);
    const startAfterMs = own.int(0, Math.floor(windowMs / 3));
    const hasLine = !own.chance(withoutLine);
    return {
      callSid: `${prefix}-${index + 1}`,
      startAfterMs,
      via: hasLine ? own.pick(via) : 'http',
      hasLine,
      audio,
      lateEvents: own.chance(LATE) ? Math.min(lateEvents, eventsPerCall) : 0,
      events: planEvents(eventsPerCall, (windowMs - startAfterMs) / eventsPerCall, own),
    };
  });
}

function planEvents(count: number, everyMs: number, rng: Rng): PlannedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    afterMs: Math.round(everyMs * (0.5 + rng.next())),
    message: planMessage(index + 1, rng),
    isRepeated: rng.chance(REPEATED),
  }));
}

/** Three of four messages are turns. Each collected field has a unique name, so that none hides another. */
function planMessage(number: number, rng: Rng): AgentMessage {
  const id = `e${number}`;
  const kind = rng.int(1, 20);
  if (kind === 1) return { event: 'stage', id, stage: `stage ${number}` };
  if (kind === 2) return { event: 'tool', id, name: `tool_${number}`, arguments: planValue(rng) };
  if (kind === 3) return { event: 'outcome', id, outcome: `outcome ${number}` };
  if (kind <= 5) return { event: 'collect', id, data: { [`field_${number}`]: planValue(rng) } };
  const text = `${number}: ${planText(rng)}`;
  return { event: 'turn', id, turn: { speaker: number % 2 === 0 ? 'user' : 'ai', text } };
}

function planText(rng: Rng): string {
  return Array.from({ length: rng.int(1, 25) }, () => rng.pick(WORDS)).join(' ');
}

function planValue(rng: Rng): JsonValue {
  const scalars: JsonValue[] = [rng.int(-1e9, 1e9), planText(rng), rng.chance(0.5), null];
  return rng.chance(0.3) ? { nested: scalars, deep: { value: rng.int(0, 9) } } : rng.pick(scalars);
}
