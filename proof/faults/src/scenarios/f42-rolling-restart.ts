import { type LocalService } from '@turnlog/local-stack';
import { sleep } from '@turnlog/service-kit';
import path from 'node:path';
import { type Load } from '../load/start-load.ts';
import { buildPrevious } from '../world/previous-build.ts';
import { type Context, type Scenario } from './scenario.ts';

/** How old the upgraded version is: an upgrade rarely skips fewer commits. */
const COMMITS_BACK = 10;

const NAMES = ['gateway-1', 'session-1', 'persister-1', 'gateway-2', 'session-2', 'persister-2'];

export const rollingRestart: Scenario = {
  id: 'F42',
  name: 'rolling-restart',
  title: 'An older version is upgraded: every service is restarted in turn with SIGTERM, under load',
  pass: 'No call is cut before the deadline; old and new services work side by side.',
  answer:
    'A gateway that stops accepts no new calls (503), and lets those in progress continue until `DRAIN_DEADLINE_MS`.',
  loss: 'nothing',
  quick: false,
  stack: {
    gateways: 2,
    sessions: 2,
    persisters: 2,
    // An older version may leave less room for the record.
    redis: { maxMemoryBytes: 128 * 1024 * 1024 },
    serviceEnv: { gateway: { DRAIN_DEADLINE_MS: '60000', AGENT_LINGER_MS: '1000' } },
  },
  expectations: {
    isPlannedEnd: (notice) => / ended with exit code 0;/.test(notice),
    mayBeOlderFolds: true,
  },
  run: async (context) => {
    const { size, stack, note } = context;
    await downgrade(context);
    const rollout = new AbortController();
    const calls = playWaves(context, rollout.signal);
    for (const name of NAMES) {
      await sleep(size.windowMs / 3);
      await upgrade(stack.service(name));
    }
    rollout.abort();
    note('waves of calls', await calls);
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
    await context.recovered();
  },
};

/** Calls of several seconds, in waves for as long as the rollout takes. Resolves to their number. */
async function playWaves({ load, size }: Context, signal: AbortSignal): Promise<number> {
  const waves: Load[] = [];
  while (!signal.aborted) {
    waves.push(load({ calls: Math.ceil(size.calls / 3), withoutLine: 0 }, `CAwave${waves.length}`));
    await sleep(size.windowMs * 0.7, signal);
  }
  await Promise.all(waves.map(({ finished }) => finished));
  return waves.length;
}

/** All services run the older version, on the schema of the new one: migrations go first. */
async function downgrade({ folder, stack, note, expect }: Context): Promise<void> {
  const previous = await buildPrevious(path.join(folder, 'previous'), COMMITS_BACK).catch(
    (error: unknown) => {
      expect(false, `the older version could not be built: ${firstLine(error)}`);
      return undefined;
    },
  );
  // A tree without its history: only the restart can be tested.
  if (previous === undefined) {
    note('from', 'the same version');
    return;
  }
  note('from', previous.version);
  for (const service of stack.services) service.useBuild(previous.root);
  await Promise.all(stack.services.map((service) => service.restart()));
}

/** Its supervisor restarts it as the new version. */
async function upgrade(service: LocalService): Promise<void> {
  service.useBuild();
  const { pid } = service;
  service.kill('SIGTERM');
  while (service.pid === pid || service.pid === undefined) await sleep(50);
  await service.start();
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
