import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeEvent } from '@turnlog/call-events';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';

const MODULE = new URL('../world/throw-in-calls.js', import.meta.url).href;
/** Of the eleven places that throw. */
const MIN_PLACES = 9;

export const throwingEntries: Scenario = {
  id: 'F51',
  name: 'throwing-entries',
  title:
    'The gateway’s code for a call throws: at frames, pongs, ticks, ends, agents’ messages and answers, audio, requests',
  pass: 'The gateway stays up, each call that is ended for it has `internal_error` in its record, and no other call is affected.',
  answer:
    'Every way by which Node enters the code of one call is guarded: that call ends, and its agent continues over HTTP.',
  loss: 'nothing acknowledged',
  quick: false,
  stack: { serviceEnv: { gateway: { NODE_OPTIONS: `--import ${MODULE}`, PING_EVERY_MS: '1000' } } },
  run: async (context) => {
    const { stack, ledger, size } = context;
    const gateway = stack.service('gateway-1');
    const { pid } = gateway;
    await context.load({ withoutLine: 0, windowMs: size.windowMs * 1.5 }).finished;
    context.expect(gateway.pid === pid, 'the gateway has ended');
    const places = await readPlaces(context);
    context.note('places that threw', places.size);
    context.expect(
      places.size >= MIN_PLACES || size.intensity < 1,
      `only these threw: ${[...places].join(', ')}`,
    );
    for (const { problem } of await untilQuiet(context, 60_000)) context.expect(false, problem);
    let cut = 0;
    for (const { callSid, lineEnds } of ledger.calls()) {
      const reasons = await readLostReasons(context, callSid);
      const isCut = lineEnds.includes('cut');
      if (isCut) cut += 1;
      // A call that throws at its very end was hung up.
      const isTold = !isCut || reasons === undefined || reasons.includes('internal_error');
      context.expect(isTold, `${callSid} is cut, and its record says ${reasons?.join() ?? ''}`);
    }
    context.note('calls cut', cut);
    context.expect(cut > 0, 'no call was cut');
  },
};

/** The places that threw, according to the gateway's log. */
async function readPlaces({ stack }: Context): Promise<Set<string>> {
  const log = await readFile(path.join(stack.logDir, 'gateway-1.log'), 'utf8');
  return new Set([...log.matchAll(/a fault of the suite in ([\w.]+)/g)].map(([, place]) => place ?? ''));
}

/** Why connections of a call were lost, by its archive; empty if the archive has no connection. */
async function readLostReasons({ store }: Context, callSid: string): Promise<string[] | undefined> {
  const archive = await store.readArchive({ tenant: 'default', callSid });
  const events = archive.map(decodeEvent).flatMap((decoded) => (decoded.ok ? [decoded.event] : []));
  if (!events.some(({ type }) => type === 'call.started')) return undefined;
  return events.flatMap((event) => (event.type === 'call.disconnected' ? [event.data.reason] : []));
}
