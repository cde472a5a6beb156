import { migrate as migrateDatabase } from '@turnlog/call-store';
import { defineCommand } from '../command.ts';
import { findServers, notFound } from '../connections/find-servers.ts';
import { databaseFlags } from '../connections/server-flags.ts';
import { print, printJson } from '../terminal.ts';
import { jsonFlag } from '../flags.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'bring the schema of the database up to date',
  parameters: '',
  count: { min: 0, max: 0 },
  details: [
    'Safe to run at any time and several times at once: the second run waits and finds nothing to do.',
  ],
  flags: { ...databaseFlags, ...jsonFlag },
  run: async ({ values }, terminal) => {
    const { databaseUrl } = await findServers(values, terminal);
    if (databaseUrl === undefined) throw notFound('Postgres');
    const { applied } = await migrateDatabase({ databaseUrl });
    if (values.json) printJson(terminal, { applied });
    else if (applied.length === 0) print(terminal, 'The schema is up to date; there was nothing to do.');
    else print(terminal, 'The schema is up to date. Steps taken:', ...applied.map((step) => `  ${step}`));
    return 0;
  },
});
