import { migrate as migrateDatabase } from '@turnlog/call-store';
import { defineCommand } from '../command.ts';
import { findServers, notFound } from '../connections/find-servers.ts';
import { databaseFlags } from '../flags.ts';

export const command = defineCommand({
  usage: 'migrate',
  details: [
    'Safe to run at any time and several times at once: the second run waits and finds nothing to do.',
  ],
  flags: databaseFlags,
  run: async ({ values }, terminal) => {
    const { databaseUrl } = await findServers(values, terminal);
    if (databaseUrl === undefined) throw notFound('Postgres', terminal);
    const { applied } = await migrateDatabase({ databaseUrl });
    const steps = applied.map((step) => `\n  ${step}`);
    const done = steps.length === 0 ? '; there was nothing to do.' : `. Steps taken:${steps.join('')}`;
    return { document: { applied }, text: `The schema is up to date${done}` };
  },
});
