import { type CallStore } from '@turnlog/call-store';
import { wholeNumber } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { findServers } from '../connections/find-servers.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { openRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import { switchFlag, valueFlag, jsonFlag, tenantFlag } from '../flags.ts';
import { runRetention, type KeptFor, type RetentionResult } from '../privacy/run-retention.ts';
import { print, printJson } from '../terminal.ts';

const days = wholeNumber(1, 100_000, 'days');

export const retention = defineCommand({
  name: 'retention',
  summary: 'delete transcripts, archives and audio that are older than their tenants keep them; for a timer',
  parameters: '',
  count: { min: 0, max: 0 },
  details: [
    "Follows the tenants' policies (turnlog tenants set), or the flags below for one --tenant. With the transcript it deletes",
    'all words and collected data, the names and numbers, the archive, the answers of the carrier, and dead letters',
    'with their logs. The row still says that there was a call, when, and how it ended. A call without an end is as old as',
    'its last write. Calls in progress and calls under a legal hold stay. If a run is interrupted, the next one continues.',
  ],
  flags: {
    'transcript-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
    'archive-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
    'audio-hours': valueFlag(wholeNumber(1, 1_000_000, 'hours'), '<n>', 'in place of the policy of --tenant'),
    'dry-run': switchFlag('show how much would be deleted, and change nothing'),
    ...tenantFlag,
    ...databaseFlags,
    ...redisFlags,
    ...jsonFlag,
  },
  run: ({ values }, terminal) =>
    withStore(values, terminal, async (store) => {
      const tenants = await keptFor(store, values);
      const { redisUrl, audioRedisUrl = redisUrl, space } = await findServers(values, terminal);
      const isDryRun = values['dry-run'];
      const results = await withRedisIfKnown(redisUrl, (redis) =>
        withRedisIfKnown(audioRedisUrl, (audio) =>
          runRetention(tenants, { store, redis, audio, space, nowMs: terminal.now(), isDryRun }),
        ),
      );
      if (values.json) printJson(terminal, { dryRun: isDryRun, results });
      else print(terminal, ...describe(results, isDryRun));
      if (redisUrl !== undefined || tenants.length === 0) return 0;
      terminal.err.write(
        'No Redis is known: dead letters and audio were not checked. Name it with --redis.\n',
      );
      return 1;
    }),
});

function withRedisIfKnown<T>(
  url: string | undefined,
  work: (redis: Redis | undefined) => Promise<T>,
): Promise<T> {
  return url === undefined ? work(undefined) : openRedis(url, work);
}

interface Wishes {
  readonly tenant: string | undefined;
  readonly 'transcript-days': number | undefined;
  readonly 'archive-days': number | undefined;
  readonly 'audio-hours': number | undefined;
}

async function keptFor(store: CallStore, wishes: Wishes): Promise<KeptFor[]> {
  const own = {
    ...(wishes['transcript-days'] !== undefined && { transcriptDays: wishes['transcript-days'] }),
    ...(wishes['archive-days'] !== undefined && { archiveDays: wishes['archive-days'] }),
    ...(wishes['audio-hours'] !== undefined && { audioHours: wishes['audio-hours'] }),
  };
  if (Object.keys(own).length > 0) {
    if (wishes.tenant === undefined) throw new CommandError('Name the tenant: --tenant <name>.');
    return [{ tenant: wishes.tenant, transcriptDays: null, archiveDays: null, audioHours: null, ...own }];
  }
  const all = await store.tenants.list();
  return all
    .filter(({ name }) => (wishes.tenant ?? name) === name)
    .map(({ name, policy }) => ({ tenant: name, ...policy }));
}

function describe(results: readonly RetentionResult[], isDryRun: boolean): string[] {
  if (results.length === 0) return ['🗓️  Every tenant keeps everything: there is nothing to delete.'];
  const verb = isDryRun ? 'would be removed' : 'removed';
  return results.map(({ tenant, what, calls }) => {
    const things =
      what === 'placement' || what === 'dead letter' ? `${calls} ${what}(s)` : `${what} of ${calls} call(s)`;
    return `🗓️  ${tenant}: ${things} ${verb}`;
  });
}
