import { sleep } from '@turnlog/service-kit';
import { type LedgerEvent } from '../ledger/ledger.ts';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { reportOverHttp } from '../load/reporter.ts';
import { type Context } from './scenario.ts';

const RETRY_MS = 500;
/** Messages may be large. */
const TIMEOUT_MS = 30_000;
/** Refusals that ask to resend later. */
const TRANSIENT = new Set(['unavailable', 'overloaded']);

/** How many messages were accepted, and the codes of those that were refused for good. */
export interface ReportTally {
  taken: number;
  readonly refusals: Map<string, number>;
}

/** An agent's request: the messages of one call, over HTTP to the first gateway. */
export async function reportOnce(
  { ledger, stack }: Context,
  callSid: string,
  messages: readonly AgentMessage[],
): Promise<ReportTally & { readonly unanswered: readonly AgentMessage[] }> {
  const events = new Map(
    messages.map((message): [string, LedgerEvent] => [message.id, ledger.sent(callSid, message)]),
  );
  const answers = await reportOverHttp(stack.gatewayUrls[0] ?? '', callSid, messages, TIMEOUT_MS);
  const tally: ReportTally = { taken: 0, refusals: new Map() };
  const settled = new Set<string>();
  for (const { id, code } of answers) {
    const event = events.get(id);
    if (event === undefined || (code !== undefined && TRANSIENT.has(code))) continue;
    settled.add(id);
    if (code === undefined) {
      ledger.acknowledged(callSid, event);
      tally.taken += 1;
    } else {
      ledger.refused(callSid, event, code);
      tally.refusals.set(code, (tally.refusals.get(code) ?? 0) + 1);
    }
  }
  return { ...tally, unanswered: messages.filter(({ id }) => !settled.has(id)) };
}

/** Reports messages of one call, some in each request, until every one has its answer or the time is up. */
export async function reportAll(
  context: Context,
  callSid: string,
  messages: readonly AgentMessage[],
  { perRequest, withinMs }: { readonly perRequest: number; readonly withinMs: number },
): Promise<ReportTally> {
  const deadline = performance.now() + withinMs;
  const tally: ReportTally = { taken: 0, refusals: new Map() };
  let left = [...messages];
  while (left.length > 0 && performance.now() < deadline) {
    const { taken, refusals, unanswered } = await reportOnce(context, callSid, left.slice(0, perRequest));
    tally.taken += taken;
    for (const [code, count] of refusals) tally.refusals.set(code, (tally.refusals.get(code) ?? 0) + count);
    if (unanswered.length > 0) await sleep(RETRY_MS);
    left = [...unanswered, ...left.slice(perRequest)];
  }
  context.expect(left.length === 0, `${left.length} messages of ${callSid} were never answered`);
  return tally;
}
