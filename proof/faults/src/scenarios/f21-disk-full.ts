import { chown, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { type SmallDisk } from '../servers/small-disk.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Context, type Scenario } from './scenario.ts';

const DISK_BYTES = 96 * 1024 * 1024;
const FULL_MS = 15_000;
/** The longest pause of the backoff, and a margin. */
const RESUMED_WITHIN_S = 10;

export const diskFull: Scenario = {
  id: 'F21',
  name: 'disk-full',
  title: 'The file system of Postgres’ tables is full (53100), and later has room again',
  pass: 'Nothing is dead-lettered; it resumes by itself.',
  answer: 'Persisting pauses with backoff; calls wait in Redis.',
  loss: 'nothing',
  quick: false,
  stack: { smallDiskBytes: DISK_BYTES },
  run: async (context) => {
    const { smallDisk, size } = context;
    const disk = smallDisk === undefined ? feignDisk(context) : await moveTables(context, smallDisk);
    context.note('disk', smallDisk === undefined ? 'errors of a trigger' : 'a full tmpfs');
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    await disk.fill();
    try {
      await sleep(FULL_MS);
      await expectFull(context);
    } finally {
      await disk.free();
    }
    await recoveredWithin(context, RESUMED_WITHIN_S);
    await load.finished;
  },
};

type Disk = Pick<SmallDisk, 'fill' | 'free'>;

/**
 * All tables and their indexes go to the small disk; the write-ahead log does not, because Postgres ends
 * without room for it.
 */
async function moveTables({ sql, postgres }: Context, disk: SmallDisk): Promise<Disk> {
  const folder = path.join(disk.folder, 'tables');
  // Under root, Postgres runs as another user, who must own the folder.
  const { uid, gid } = await stat(path.join(postgres.dataDir, 'cluster'));
  await mkdir(folder);
  await chown(folder, uid, gid);
  await sql.query(`create tablespace small_disk location '${folder}'`);
  await sql.query('alter table all in tablespace pg_default set tablespace small_disk');
  await sql.query('alter index all in tablespace pg_default set tablespace small_disk');
  return disk;
}

/** If no file system can be mounted: the same error, raised by a trigger. */
function feignDisk({ sql }: Context): Disk {
  return {
    fill: async () => {
      await sql.query(`create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
      await sql.query(
        'create trigger full_disk before insert on call_event_segments execute function refuse()',
      );
    },
    free: async () => {
      await sql.query('drop trigger full_disk on call_event_segments');
    },
  };
}

async function expectFull(context: Context): Promise<void> {
  const log = await readFile(path.join(context.postgres.dataDir, 'postgres.log'), 'utf8');
  const refusals = log.split('No space left on device').length - 1;
  context.note('refusals', refusals);
  context.expect(refusals > 0, 'Postgres had room for everything');
}
