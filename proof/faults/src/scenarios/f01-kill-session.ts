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
/** Most are killed at work, one in so many while it starts. */
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
    // Whoever is to be caught in the act has to be the one who acts.
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

/** With what it was given and has not heard of; with what it has read and not saved; with what it has saved, not knowing. */
async function killAtEachPoint(context: Context, session: LocalService): Promise<void> {
  let points = 0;
  await killAt({ mentions: READS_ACTIVITY, action: 'hold-reply' }, () => untilGiven(context));
  await killAt({ mentions: SAVES_STATE, action: 'hold-request' });
  await killAt({ mentions: SAVES_STATE, action: 'hold-reply' });

  async function killAt(point: TrapOptions, untilThere = () => Promise.resolve()): Promise<void> {
    const { redisProxy } = context;
    const trap = redisProxy.setTrap({ ...point, times: 1 });
    // There is something to read and to save, however long it took to come this far.
    const call = context.load(ONE_SHORT_CALL, `CApoint${(points += 1)}`);
    await trap.sprung;
    await untilThere();
    session.kill('SIGKILL');
    // What is held dies with its connection: let go of, a request would still be done.
    await redisProxy.resetConnections();
    trap.release();
    await session.untilDown();
    await session.start();
    await call.finished;
  }
}

/** A read waits for entries: its request is no sign yet that it was given any. */
async function untilGiven({ redisEye, space }: Context): Promise<void> {
  while ((await measureFeedLag(redisEye, space, 'activity')).pending === 0) await sleep(5);
}

/** Resolves to whether it was at work. */
async function killAtRandom({ rng }: Context, session: LocalService, isToWork: boolean): Promise<boolean> {
  // One that is killed before it is ready can't be started: that is what is wanted.
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
