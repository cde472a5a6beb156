/*
 * Ours: the real gateway takes one turn per HTTP request, and answers when it is in Redis. Yardstick: a bare
 * `node:http` server that parses each body and adds it to a stream with one `XADD` before it answers.
 *
 * Both get the same requests from this process over 32 connections that are kept alive. The rate is requests per
 * second of the server's own CPU time, so that it does not matter who shares the cores.
 */
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { startBareHttpServer } from '../processes/bare-server.ts';
import { startService, type FrameServer } from '../processes/service.ts';
import { clearCalls } from '../servers.ts';

const CALLS = 32;
const EVENTS_PER_CALL = 150;

export const httpEvents: Benchmark = {
  name: 'http-events',
  compares:
    'HTTP requests of one turn per CPU second of the gateway ÷ a bare server with one XADD per request',
  unit: 'requests/CPU-s',
  betterIs: 'higher',
  target: 0.25,
  aim: 0.4,
  rounds: 7,
  warmUpRounds: 2,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const gateway = await startService('stream-gateway', servers);
  const bare = await startBareHttpServer(servers);
  const agent = new http.Agent({ keepAlive: true, maxSockets: CALLS });
  const eventsPerCall = size(EVENTS_PER_CALL);
  let round = 0;
  const measure = async (server: FrameServer): Promise<Sample> => {
    round += 1;
    await clearCalls(servers);
    const { cpuMicros: before } = await server.usage();
    await Promise.all(
      Array.from({ length: CALLS }, (_, n) =>
        report({ agent, port: server.port, callSid: `CA${round}-${n}`, events: eventsPerCall }),
      ),
    );
    const micros = ((await server.usage()).cpuMicros - before) / (CALLS * eventsPerCall);
    return { value: 1e6 / micros, cpuMicros: micros };
  };
  return {
    ours: () => measure(gateway),
    yardstick: () => measure(bare),
    close: async () => {
      agent.destroy();
      await gateway.stop();
      await bare.stop();
    },
  };
}

/** Reports the turns of one call, one after another. Rejects when one is not recorded. */
async function report({
  agent,
  port,
  callSid,
  events,
}: {
  readonly agent: http.Agent;
  readonly port: number;
  readonly callSid: string;
  readonly events: number;
}): Promise<void> {
  for (let n = 0; n < events; n += 1) {
    const turn = { speaker: n % 2 === 0 ? 'agent' : 'user', text: 'Around 50 lakhs, near the metro, in May' };
    const request = http.request({
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/v1/calls/${callSid}/events`,
      headers: { 'content-type': 'application/json' },
    });
    request.end(JSON.stringify({ event: 'turn', id: `t${n}`, turn }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const answer = await text(response);
    if (!answer.includes('"appended"')) throw new Error(`${response.statusCode}: ${answer}`);
  }
}
