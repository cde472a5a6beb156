import { readFile } from 'node:fs/promises';
import { jsonValue, type JsonValue } from '@turnlog/call-events';
import { z } from 'zod';
import { CommandError, reasonOf } from '../command-error.ts';
import { seedConversation } from './seed-conversation.ts';

/** An agent message of a script. */
export type ScriptMessage = Readonly<Record<string, JsonValue>> & {
  readonly event: string;
  readonly id: string;
};

/** One step of a script: a message, and how long after the one before it. */
export interface ScriptStep {
  readonly afterMs: number;
  readonly message: ScriptMessage;
}

const script = z.array(
  z
    .object({
      event: z.string(),
      id: z.string().optional(),
      afterMs: z.number().min(0).max(3_600_000).default(0),
    })
    .catchall(jsonValue),
);

/** Checks a script: an array of agent messages, each with `afterMs` if it follows after a pause. */
export function readScript(json: unknown): ScriptStep[] {
  const parsed = script.safeParse(json);
  if (parsed.success) return parsed.data.map(toStep);
  const [issue] = parsed.error.issues;
  throw new CommandError(
    `The script is not an array of an agent's messages such as {"event":"stage","stage":"discovery","afterMs":500}: ` +
      `${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  );
}

/** The script of this name: `default`, `none`, or a file. */
export async function loadScript(name: string): Promise<readonly ScriptStep[]> {
  if (name === 'default') return readScript(seedConversation);
  if (name === 'none') return [];
  return readScript(await readJsonFile(name));
}

/** How long a script takes. */
export function scriptMs(steps: readonly ScriptStep[]): number {
  return steps.reduce((sum, { afterMs }) => sum + afterMs, 0);
}

/** Each message has an id, so that a repeat is a duplicate. */
function toStep({ afterMs, id, ...message }: z.infer<typeof script>[number], index: number): ScriptStep {
  return { afterMs, message: { ...message, id: id ?? `${message.event}-${index + 1}` } };
}

async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandError(`The script ${file} can't be read: ${reasonOf(error)}.`, { cause: error });
  }
}

const PAUSE_MS = 1_000;

/** A conversation of so many turns, a second apart, that collects something every fourth turn. */
export function generateTurns(count: number): ScriptStep[] {
  return Array.from({ length: count }, (_, index) => stepsOfTurn(index + 1)).flat();
}

function stepsOfTurn(number: number): ScriptStep[] {
  const speaker = number % 2 === 1 ? 'ai' : 'user';
  const text = `Turn ${number} of the ${speaker === 'ai' ? 'agent' : 'caller'}`;
  const turn = { event: 'turn', id: `t${number}`, turn: { speaker, text } };
  const said = [{ afterMs: PAUSE_MS, message: turn }];
  if (number % 4 !== 0) return said;
  const collect = { event: 'collect', id: `c${number}`, data: { [`answer_${number}`]: number } };
  return [...said, { afterMs: 0, message: collect }];
}
