import type { StoredCall } from '@turnlog/call-store';
import {
  planLoadCall,
  shapes,
  simulateCalls,
  speedOf,
  type Drop,
  type Pace,
  type PlaceCallOptions,
  type ShapeName,
} from '@turnlog/exotel-simulator';
import { envValue, oneOf, port, wholeNumber, wsUrl, type EnvValue } from '@turnlog/service-kit/config';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { streamUrlOfStack } from '../connections/find-servers.ts';
import { withStore } from '../connections/with-store.ts';
import {
  DEFAULT_TENANT,
  databaseFlags,
  switchFlag,
  tenantFlag,
  text,
  valueFlag,
  type FlagValues,
} from '../flags.ts';
import { formatLoad } from '../format/load.ts';
import { loadScript, scriptMs, type ScriptStep, generateTurns } from '../load/agent-script.ts';
import { agentsOverHttp, agentsOverSocket, type Agents } from '../load/agents.ts';
import { checkRecords, type WrongRecord } from '../load/check-records.ts';
import { compareWithExpectation, expectationOf } from '../load/expectation.ts';
import { isFlawless, summarise, type LoadOutcome } from '../load/summarise.ts';
import { programOf } from '../program.ts';
import type { Terminal } from '../terminal.ts';

const SHAPES = Object.keys(shapes) as ShapeName[];
const drop: EnvValue<Drop> = oneOf(['no-stop', 'terminate', 'half-open']);

/** A pace on the command line. */
const pace = envValue<Pace>('realtime, flat-out, or how many times faster than real time', (text) => {
  if (text === 'realtime' || text === 'flat-out') return { value: text };
  const factor = Number(text);
  return factor > 0 && factor < 1e6 ? { value: factor } : { problem: `got ${JSON.stringify(text)}` };
});

const flags = {
  calls: valueFlag(wholeNumber(1, 1_000_000), '<n>', 'how many calls; 1 by default'),
  concurrency: valueFlag(wholeNumber(1, 20_000), '<n>', 'how many at a time; 50 by default'),
  url: valueFlag(wsUrl, '<ws url>', 'the stream URL of a gateway; that of the local stack by default'),
  wav: valueFlag(text, '<file>', 'what the caller says, 16-bit mono PCM; a noise like speech by default'),
  agent: valueFlag(text, '<script>', 'what the agent reports: a file, default (a sales call) or none'),
  turns: valueFlag(wholeNumber(0, 100_000), '<n>', 'a conversation of so many turns instead'),
  'agent-over': valueFlag(oneOf(['http', 'socket']), '<way>', 'http (default) or socket'),
  'agent-port': valueFlag(port, '<port>', 'the port of --agent-over socket; 9090 by default'),
  'api-secret': valueFlag(text, '<secret>', "the tenant's API secret, if the gateway requires one"),
  drop: valueFlag(
    drop,
    '[how]',
    'cut the calls: without a stop (no-stop, the default), terminate or half-open',
    { bare: 'no-stop' },
  ),
  shape: valueFlag(oneOf(SHAPES), '<shape>', `how Exotel's frames look: ${SHAPES.join(', ')}`),
  pace: valueFlag(pace, '<pace>', 'realtime (default), flat-out, or how many times faster than real time'),
  verify: switchFlag('wait for the records and check each: turns, data, outcome, archive'),
  'wait-ms': valueFlag(wholeNumber(1, 3_600_000), '<ms>', 'how long that may take; 60000 by default'),
  ...tenantFlag,
  ...databaseFlags,
};

export const command = defineCommand({
  usage: 'load',
  details: [
    'The agent reports over HTTP, which works with any gateway. With --agent-over socket it listens on --agent-port, and',
    "the gateway's AGENT_URL has to be ws://127.0.0.1:<agent-port>/{callSid}.",
    'With tenants, --url has the stream secret, ws://name:secret@host/exotel/stream, and --tenant the name.',
    "A script is a JSON array of an agent's messages, each with afterMs if it follows after a pause.",
    'The exit code is 1 if a call could not connect, a message was rejected, or a record is wrong.',
  ],
  flags,
  run: async ({ values }, terminal) => {
    const { turns } = values;
    const script = turns === undefined ? await loadScript(values.agent ?? 'default') : generateTurns(turns);
    const url = values.url ?? (await streamUrlOfStack(values, terminal));
    const plan = await planLoadCall({ ...values, url, conversationMs: scriptMs(script) });
    if (!plan.ok) throw new CommandError(plan.problem);
    const startedAt = performance.now();
    const round = { values, call: plan.call, script };
    const outcomes = await placeAll(round, terminal);
    const seconds = (performance.now() - startedAt) / 1000;
    const wrong = values.verify ? await check(round, outcomes, terminal) : undefined;
    const summary = summarise(outcomes, seconds, wrong);
    return {
      document: summary,
      text: formatLoad(summary, programOf(terminal.env)),
      exitCode: isFlawless(summary) ? 0 : 1,
    };
  },
});

interface Round {
  readonly values: FlagValues<typeof flags> & { readonly json: boolean };
  readonly call: PlaceCallOptions;
  readonly script: readonly ScriptStep[];
}

async function placeAll(round: Round, terminal: Terminal): Promise<LoadOutcome[]> {
  const { calls = 1, concurrency = 50, json } = round.values;
  const { call } = round;
  const { signal } = terminal;
  const agents = await startAgents(round, terminal);
  const onProgress = json ? () => undefined : progressOn(calls, terminal);
  try {
    return await simulateCalls({ calls, concurrency, call, signal, converse: agents.converse, onProgress });
  } finally {
    await agents.close();
  }
}

async function startAgents({ values, call, script }: Round, { now, err }: Terminal): Promise<Agents> {
  const { pace = 'realtime', 'api-secret': token, 'agent-port': agentPort = 9_090, json } = values;
  const options = { script, speed: speedOf(pace), now };
  const url = new URL(call.url).origin.replace(/^ws/, 'http');
  if (values['agent-over'] !== 'socket') {
    return agentsOverHttp({ url, ...(token !== undefined && { token }) }, options);
  }
  const agents = await agentsOverSocket(agentPort, options);
  if (!json) err.write(`The agent listens: the gateway's AGENT_URL must be ${agents.url}\n`);
  return agents;
}

async function check(
  { values, script }: Round,
  outcomes: readonly LoadOutcome[],
  terminal: Terminal,
): Promise<WrongRecord[]> {
  const callSids = outcomes.map(({ report }) => report.callSid);
  const { tenant = DEFAULT_TENANT, 'wait-ms': waitMs = 60_000 } = values;
  const expected = expectationOf(script);
  const problemsOf = (record: StoredCall) => compareWithExpectation(record, expected);
  return withStore(values, terminal, (store) =>
    checkRecords(store, callSids, { tenant, problemsOf, waitMs, signal: terminal.signal }),
  );
}

function progressOn(calls: number, { err }: Terminal): (finished: number) => void {
  const every = Math.max(50, Math.ceil(calls / 20));
  return (finished) => {
    if (finished % every === 0) err.write(`${finished} of ${calls} calls are over\n`);
  };
}
