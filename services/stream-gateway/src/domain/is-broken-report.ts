import { AGENT_EVENTS } from './agent-message.ts';

const START = /^\s*[[{]/;
const OWN_EVENT = new RegExp(
  String.raw`["']event["']\s{0,8}:\s{0,8}["'](?:${AGENT_EVENTS.join('|')})["']`,
  'i',
);

/**
 * Whether bytes that are not a frame, such as `{"event":"collect","data":{"budget":NaN}}`, were meant as a report.
 * The carrier can't read them either, and their sender waits for an answer.
 */
export function isBrokenReport(data: Buffer): boolean {
  const text = data.toString('latin1');
  return START.test(text) && OWN_EVENT.test(text);
}
