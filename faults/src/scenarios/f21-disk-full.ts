import { sleep } from '@turnlog/service-kit';
import { type Scenario } from './scenario.ts';

export const diskFull: Scenario = {
  id: 'F21',
  name: 'disk-full',
  title: 'Postgres has no room left (53100, raised by a trigger), and gets some',
  pass: 'Nothing is dead-lettered; it resumes by itself.',
  answer: 'Persisting pauses with backoff; calls wait in Redis.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { sql, size } = context;
    const load = context.load();
    await sleep(size.windowMs / 3);
    await sql.query(`create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
    await sql.query(
      'create trigger full_disk before insert on call_event_segments execute function refuse()',
    );
    await sleep(8_000 * size.intensity);
    await sql.query('drop trigger full_disk on call_event_segments');
    await context.recovered();
    await load.finished;
  },
};
