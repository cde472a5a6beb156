import type { StoredCall } from '@turnlog/call-store';
import { startLocalStack, type LocalStack } from '@turnlog/local-stack';
import { port, postgresUrl, readConfig, redisUrl } from '@turnlog/service-kit/config';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { dataDirOf } from '../connections/find-servers.ts';
import { dataFlags, switchFlag, valueFlag } from '../flags.ts';
import { formatCallRecord } from '../format/call-record.ts';
import { clockFlags, clockOf } from '../format/clock.ts';
import { print, untilInterrupted, type Terminal } from '../terminal.ts';
import { visibleJson } from '../format/visible-text.ts';
import { formatBanner } from '../up/banner.ts';
import { formatLogLine, readLogLine } from '../up/log-line.ts';
import { Warnings } from '../up/warnings.ts';
import { prepareSample, SAMPLE_SPEED, type Sample } from '../up/sample.ts';

const FASTER_THAN_LIFE = `The sample was played ${SAMPLE_SPEED} times faster than life: its times and its duration are that much shorter.`;

export const command = defineCommand({
  usage: 'up',
  details: [
    'Starts a Redis and a Postgres where REDIS_URL and DATABASE_URL name none, and every service; places a sample call',
    'and shows its record; then stays up for real calls until Ctrl-C. Data stays in the data folder. Settings of the',
    'services, such as AGENT_URL, are taken from the environment.',
  ],
  flags: {
    port: valueFlag(port, '<port>', "the gateway's port; PORT or 8080 by default, 0 for any that is free"),
    'no-sample-call': switchFlag('place no sample call'),
    logs: switchFlag('show everything that the services log'),
    ...clockFlags,
    ...dataFlags,
  },
  run: async ({ values }, terminal) => {
    const startedAt = performance.now();
    const { signal } = terminal;
    const dataDir = dataDirOf(values.data, terminal);
    const show = values.json ? () => undefined : (...lines: string[]) => print(terminal, ...lines);
    const tellStop = (): void => show('', 'Stopping …');
    signal.addEventListener('abort', tellStop, { once: true });
    const warnings = new Warnings();
    const sample = values['no-sample-call'] ? undefined : await prepareSample(terminal);
    try {
      show('Starting Turnlog …');
      const wishes = { dataDir, port: values.port, logs: values.logs, sample, warnings, show };
      const stack = await start(wishes, terminal);
      try {
        signal.throwIfAborted();
        show('', formatBanner(stack, dataDir, (performance.now() - startedAt) / 1000), '');
        if (sample !== undefined) show(`Placing a sample call, ${sample.callSid}:`);
        const record = await sample?.place(stack);
        signal.throwIfAborted();
        if (record !== undefined)
          show('', formatCallRecord(record, clockOf(values)), '', FASTER_THAN_LIFE, '');
        if (values.json) print(terminal, visibleJson(describe(stack, record)));
        show('Ready for calls. Ctrl-C stops everything.');
        warnings.begin();
        await untilInterrupted(terminal);
      } finally {
        await stack.stop();
      }
    } catch (error) {
      // Whatever Ctrl-C cut short has failed for no other reason.
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', tellStop);
      await sample?.close();
    }
    show('Stopped.');
    return undefined;
  },
});

interface Wishes {
  readonly dataDir: string;
  readonly port: number | undefined;
  readonly logs: boolean;
  readonly sample: Sample | undefined;
  readonly warnings: Warnings;
  readonly show: (...lines: string[]) => void;
}

const settings = z.object({
  PORT: port.default(8080),
  REDIS_URL: redisUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
});

async function start(
  { dataDir, sample, warnings, logs, show, ...wishes }: Wishes,
  { env, err, signal, now }: Terminal,
): Promise<LocalStack> {
  const read = readConfig(settings, env);
  if (!read.ok) throw new CommandError(`Turnlog cannot start:\n  ${read.problems.join('\n  ')}`);
  const { PORT, REDIS_URL, DATABASE_URL } = read.config;
  const gatewayPort = wishes.port ?? PORT;
  return startLocalStack({
    dataDir,
    redisUrl: REDIS_URL,
    databaseUrl: DATABASE_URL,
    ...(gatewayPort !== 0 && { gatewayPort }),
    ...(sample !== undefined && { sideGateways: sample.sideGateways }),
    signal,
    onLine: (service, line) => {
      const ofSample = sample?.takeLine(line);
      const read = logs ? readLogLine(line) : undefined;
      if (logs) show(`[${service}] ${read === undefined ? line : formatLogLine(read)}`);
      else if (ofSample !== undefined && !signal.aborted) show(`  ${ofSample}`);
      const warning = logs || signal.aborted ? undefined : warnings.take(service, line, now());
      if (warning !== undefined) show(warning);
    },
    onNotice: (sentence) => err.write(`${sentence}\n`),
  });
}

function describe(stack: LocalStack, sampleCall: StoredCall | undefined) {
  const { redisUrl, databaseUrl, gatewayUrls, streamUrls, logDir } = stack;
  const services = stack.services.map(({ name, pid, port, healthPort }) => ({ name, pid, port, healthPort }));
  return {
    redisUrl,
    databaseUrl,
    gatewayUrls,
    streamUrls,
    logDir,
    services,
    ...(sampleCall && { sampleCall }),
  };
}
