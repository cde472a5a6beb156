import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { crashRedis } from './crash-redis.ts';
import { type Context, type Scenario } from './scenario.ts';

/** Of the writes since the server was first started. */
const LOST_SHARE = { min: 0.05, max: 0.6 };

export const loseTheTail: Scenario = {
  id: 'F8b',
  name: 'lose-the-tail',
  title: 'The machine of Redis loses power: the newest part of its file is lost, up to more than half of it',
  pass: 'Gateways detect it, and send again what Redis has lost.',
  answer: 'Gateways keep a call’s events until they are in Postgres, and send again what Redis has lost.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const gaps = await crashRedis(context, { whileDown: () => cutTail(context) });
    context.expect(gaps > 0, 'Redis has lost nothing that a gateway had to send again');
  },
};

async function cutTail({ redis, rng, note }: Context): Promise<void> {
  const folder = path.join(redis.dataDir, 'appendonlydir');
  const name = (await readdir(folder)).find((each) => each.endsWith('.incr.aof')) ?? '';
  const file = path.join(folder, name);
  const { size } = await stat(file);
  const kept = Math.floor(size * (1 - LOST_SHARE.min - rng.next() * (LOST_SHARE.max - LOST_SHARE.min)));
  const handle = await open(file, 'r+');
  await handle.truncate(kept);
  await handle.close();
  note('lost bytes', size - kept);
}
