import { type CallStore } from '@turnlog/call-store';
import { wholeNumber } from '@turnlog/service-kit';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { findServers } from '../connections/find-servers.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { openRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import { switchFlag, valueFlag } from '../flags.ts';
import { runRetention, type KeptFor, type RetentionResult } from '../privacy/run-retention.ts';
import { print, printJson } from '../terminal.ts';
import { jsonFlag } from './json-flag.ts';
import { tenantFlag } from './tenant-flag.ts';

const days = wholeNumber(1, 100_000, 'days');

export const retention = defineCommand({
  name: 'retention',
  summary:
    'take away transcripts, archives and audio that their tenants keep no longer; to be run by a timer',
  parameters: '',
  count: { min: 0, max: 0 },
  details: [
    "By the tenants' policies (turnlog tenants set), or by the flags below for one --tenant. With the transcript goes all",
    'that was said, collected, and who it was, and the archive; that there was a call, when and to what end stays. Calls',
    'that go on, and those under a legal hold, are left alone. A run that is broken off is taken up by the next one.',
  ],
  flags: {
    'transcript-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
    'archive-days': valueFlag(days, '<n>', 'in place of the policy of --tenant'),
    'audio-hours': valueFlag(wholeNumber(1, 1_000_000, 'hours'), '<n>', 'in place of the policy of --tenant'),
    'dry-run': switchFlag('say how much would go, and do nothing'),
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
      const options = { store, space, nowMs: terminal.now(), isDryRun };
      const results =
        audioRedisUrl === undefined
          ? await runRetention(tenants, { ...options, audio: undefined })
          : await openRedis(audioRedisUrl, (audio) => runRetention(tenants, { ...options, audio }));
      if (values.json) printJson(terminal, { dryRun: isDryRun, results });
      else print(terminal, ...describe(results, isDryRun));
      return 0;
    }),
});

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
    if (wishes.tenant === undefined) throw new CommandError('Say for which tenant: --tenant <name>.');
    return [{ tenant: wishes.tenant, transcriptDays: null, archiveDays: null, audioHours: null, ...own }];
  }
  const all = await store.tenants.list();
  return all
    .filter(({ name }) => (wishes.tenant ?? name) === name)
    .map(({ name, policy }) => ({ tenant: name, ...policy }));
}

function describe(results: readonly RetentionResult[], isDryRun: boolean): string[] {
  if (results.length === 0) return ['🗓️  Every tenant keeps everything: nothing is to be taken away.'];
  const verb = isDryRun ? 'would be removed' : 'removed';
  return results.map(({ tenant, what, calls }) => `🗓️  ${tenant}: ${what} of ${calls} call(s) ${verb}`);
}
