import { measureFeedLag } from '@turnlog/call-log';
import { type LocalService } from '@turnlog/local-stack';
import { sleep } from '@turnlog/service-kit';
import { type TrapOptions } from '../proxy/trap.ts';
import { ONE_SHORT_CALL } from './loads.ts';
import { recoveredWithin } from './recovered-within.ts';
import { READS_ACTIVITY, SAVES_STATE } from './requests.ts';
import { type Context, type Scenario } from './scenario.ts';

const KILLS = 200;
const QUICK_KILLS = 8;
/** Most are killed at work, one in this many while it starts. */
const STARTING_EVERY = 4;
const AT_WORK_MS = 600;
const STARTING_MS = 800;
/** Of the two together. */
const MEAN_MS_PER_KILL = 550;

export const killSession: Scenario = {
  id: 'F1',
  name: 'kill-session',
  title:
    'Session services are killed before a read is answered, before and after a save reaches Redis, and then two hundred times at random',
  pass: 'They process events within 10 s of being restarted.',
  answer: 'The restarted service reads its pending entries and folds from the log.',
  loss: 'nothing',
  quick: true,
  stack: { sessions: 2 },
  run: async (context) => {
    const { stack, size } = context;
    const kills = size.intensity < 1 ? QUICK_KILLS : KILLS;
    const load = context.load({ windowMs: Math.max(size.windowMs, kills * MEAN_MS_PER_KILL) });
    const [first, second] = [stack.service('session-1'), stack.service('session-2')];
    // The one to be caught must be the only one at work.
    await second.stop();
    await killAtEachPoint(context, first);
    let left = kills;
    let atWork = 0;
    const killAgain = async (session: LocalService): Promise<void> => {
      while (left > 0) {
        const isToWork = left-- % STARTING_EVERY !== 0;
        if (await killAtRandom(context, session, isToWork)) atWork += 1;
      }
    };
    await Promise.all([killAgain(first), killAgain(second)]);
    context.note('kills', `${kills} and 3, ${atWork} at work`);
    context.expect(atWork > kills / 2, `only ${atWork} of ${kills} kills hit a service at work`);
    const starting = Promise.all([first.start(), second.start()]);
    await recoveredWithin(context, 10);
    await starting;
    await load.finished;
  },
};

/**
 * With entries that it has not received yet; with entries that it has read and not saved; with a state that
 * it has saved without an answer.
 */
async function killAtEachPoint(context: Context, session: LocalService): Promise<void> {
  let points = 0;
  await killAt({ mentions: READS_ACTIVITY, action: 'hold-reply' }, () => untilGiven(context));
  await killAt({ mentions: SAVES_STATE, action: 'hold-request' });
  await killAt({ mentions: SAVES_STATE, action: 'hold-reply' });

  async function killAt(point: TrapOptions, untilThere = () => Promise.resolve()): Promise<void> {
    const { redisProxy } = context;
    const trap = redisProxy.setTrap({ ...point, times: 1 });
    // There is work to read and to save, however long the start took.
    const call = context.load(ONE_SHORT_CALL, `CApoint${(points += 1)}`);
    await trap.sprung;
    await untilThere();
    session.kill('SIGKILL');
    // A held request is lost with its connection: a released one would still be executed.
    await redisProxy.resetConnections();
    trap.release();
    await session.untilDown();
    await session.start();
    await call.finished;
  }
}

/** A read waits for entries: its request does not show yet that it received any. */
async function untilGiven({ redisEye, space }: Context): Promise<void> {
  while ((await measureFeedLag(redisEye, space, 'activity')).pending === 0) await sleep(5);
}

/** Resolves to whether it was at work. */
async function killAtRandom({ rng }: Context, session: LocalService, isToWork: boolean): Promise<boolean> {
  // A service that is killed before it is ready fails to start, as intended.
  const starting = session.start().then(
    () => true,
    () => false,
  );
  const isReady = isToWork && (await starting);
  await sleep(rng.int(0, isToWork ? AT_WORK_MS : STARTING_MS));
  session.kill('SIGKILL');
  await session.untilDown();
  await starting;
  return isReady;
}
