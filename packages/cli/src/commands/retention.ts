import type { CallStore } from '@turnlog/call-store';
import { wholeNumber } from '@turnlog/service-kit/config';
import type { Redis } from 'ioredis';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { findServers } from '../connections/find-servers.ts';
import { openRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, redisFlags, switchFlag, tenantFlag, valueFlag, type FlagValues } from '../flags.ts';
import { runRetention, type KeptFor, type RetentionResult } from '../privacy/run-retention.ts';

const days = wholeNumber(1, 100_000, 'days');

const flags = {
  'transcript-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
  'archive-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
  'audio-hours': valueFlag(wholeNumber(1, 1_000_000, 'hours'), '<n>', 'in place of the policy of --tenant'),
  'dry-run': switchFlag('show how much would be deleted, and change nothing'),
  ...tenantFlag,
  ...databaseFlags,
  ...redisFlags,
};

export const command = defineCommand({
  usage: 'retention',
  details: [
    "Follows the tenants' policies (turnlog tenants set), or the flags below for one --tenant. With the transcript it deletes",
    'all words and collected data, the names and numbers, the archive, the answers of the carrier, and dead letters',
    'with their logs. The row still says that there was a call, when, and how it ended. A call without an end is as old as',
    'its last write. Calls in progress and calls under a legal hold stay. If a run is interrupted, the next one continues.',
  ],
  flags,
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
      const isUnchecked = redisUrl === undefined && tenants.length > 0;
      if (isUnchecked)
        terminal.err.write(
          'No Redis is known: dead letters and audio were not checked. Name it with --redis.\n',
        );
      return {
        document: { dryRun: isDryRun, results },
        text: describe(results, isDryRun),
        exitCode: isUnchecked ? 1 : 0,
      };
    }),
});

function withRedisIfKnown<T>(
  url: string | undefined,
  work: (redis: Redis | undefined) => Promise<T>,
): Promise<T> {
  return url === undefined ? work(undefined) : openRedis(url, work);
}

async function keptFor(store: CallStore, values: FlagValues<typeof flags>): Promise<KeptFor[]> {
  const { tenant } = values;
  const own = {
    transcriptDays: values['transcript-days'] ?? null,
    archiveDays: values['archive-days'] ?? null,
    audioHours: values['audio-hours'] ?? null,
  };
  if (Object.values(own).some((value) => value !== null)) {
    if (tenant === undefined) throw new CommandError('Name the tenant: --tenant <name>.');
    return [{ tenant, ...own }];
  }
  const all = await store.tenants.list();
  return all
    .filter(({ name }) => (tenant ?? name) === name)
    .map(({ name, policy }) => ({ tenant: name, ...policy }));
}

function describe(results: readonly RetentionResult[], isDryRun: boolean): string {
  if (results.length === 0) return '🗓️  Every tenant keeps everything: there is nothing to delete.';
  const verb = isDryRun ? 'would be removed' : 'removed';
  const lines = results.map(({ tenant, what, calls }) => {
    const things =
      what === 'placement' || what === 'dead letter' ? `${calls} ${what}(s)` : `${what} of ${calls} call(s)`;
    return `🗓️  ${tenant}: ${things} ${verb}`;
  });
  return lines.join('\n');
}
