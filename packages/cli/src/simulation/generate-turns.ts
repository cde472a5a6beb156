import { type ScriptStep } from './agent-script.ts';

const PAUSE_MS = 1_000;

/** A conversation of so many turns, a second apart, that collects something every fourth turn. */
export function generateTurns(count: number): ScriptStep[] {
  return Array.from({ length: count }, (_, index) => stepsOfTurn(index + 1)).flat();
}

function stepsOfTurn(number: number): ScriptStep[] {
  const speaker = number % 2 === 1 ? 'ai' : 'user';
  const text = `Turn ${number} of the ${speaker === 'ai' ? 'agent' : 'caller'}`;
  const turn = { event: 'turn', id: `t${number}`, turn: { speaker, text } };
  if (number % 4 !== 0) return [{ afterMs: PAUSE_MS, message: turn }];
  const collect = { event: 'collect', id: `c${number}`, data: { [`answer_${number}`]: number } };
  return [
    { afterMs: PAUSE_MS, message: turn },
    { afterMs: 0, message: collect },
  ];
}
