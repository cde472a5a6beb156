import { writeFile } from 'node:fs/promises';
import type { CallKey } from '@turnlog/call-events';
import { AudioStreams, type AudioBatch } from '@turnlog/call-log';
import { durationMs } from '@turnlog/exotel';
import { oneOf } from '@turnlog/service-kit/config';
import { layTracks, renderWav, type Tracks } from '../audio/lay-tracks.ts';
import { CommandError, reasonOf } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { findServers, notFound, type AskedServers } from '../connections/find-servers.ts';
import { openRedis } from '../connections/with-redis.ts';
import { DEFAULT_TENANT, redisFlags, tenantFlag, text, valueFlag } from '../flags.ts';
import { visibleText } from '../format/visible-text.ts';
import { advisePipe } from '../program.ts';
import type { Terminal } from '../terminal.ts';

export const command = defineCommand({
  usage: 'audio <callSid> --out <file>',
  count: [1, 1],
  details: [
    'Both tracks in stereo, the caller on the left and the agent on the right, or one of them with --track.',
    'Times without audio are silent. Several connections of a call follow each other.',
  ],
  flags: {
    out: valueFlag(text, '<file>', 'the file to write; - for standard output'),
    track: valueFlag(
      oneOf(['inbound', 'outbound']),
      '<track>',
      'inbound (the caller) or outbound (the agent)',
    ),
    ...tenantFlag,
    ...redisFlags,
  },
  run: async ({ values, positionals: [callSid = ''] }, terminal) => {
    const { out, track } = values;
    if (out === undefined) throw new CommandError('Say where to write the audio: --out call.wav');
    const call = { tenant: values.tenant ?? DEFAULT_TENANT, callSid };
    const batches = await readAudio(call, values, terminal);
    const tracks = layTracks(
      track === undefined ? batches : batches.filter((batch) => batch.track === track),
    );
    await write(out, renderWav(tracks), terminal);
    const summary = summaryOf(tracks);
    return {
      document: { file: out, ...summary },
      text: `🔊 ${out}: ${describe(summary)}`,
      isOutputUsed: out === '-',
    };
  },
});

async function readAudio(call: CallKey, asked: AskedServers, terminal: Terminal): Promise<AudioBatch[]> {
  const { audioRedisUrl, redisUrl, space } = await findServers(asked, terminal);
  const url = audioRedisUrl ?? redisUrl;
  if (url === undefined) throw notFound('Redis', terminal);
  const batches = await openRedis(url, (redis) => new AudioStreams(redis, space).read(call));
  if (batches.length > 0) return batches;
  throw new CommandError(
    `There is no audio of a call "${visibleText(call.callSid)}": it is kept for ten minutes after the call by default, ` +
      'and not at all where AUDIO is off.',
  );
}

async function write(file: string, wav: Buffer, { env, out }: Terminal): Promise<void> {
  try {
    if (file === '-') out.write(wav);
    else await writeFile(file, wav);
  } catch (error) {
    const advice = advisePipe(env, '--out', '> call.wav');
    throw new CommandError(`The audio can't be written: ${reasonOf(error)}.${advice}`, { cause: error });
  }
}

function summaryOf(tracks: Tracks) {
  const { sampleRate } = tracks;
  const msOf = (pcm: Buffer | undefined) => (pcm === undefined ? null : durationMs(pcm.length, sampleRate));
  return { sampleRate, inboundMs: msOf(tracks.inbound), outboundMs: msOf(tracks.outbound) };
}

function describe({ sampleRate, inboundMs, outboundMs }: ReturnType<typeof summaryOf>): string {
  const seconds = (Math.max(inboundMs ?? 0, outboundMs ?? 0) / 1000).toFixed(1);
  const which = inboundMs !== null && outboundMs !== null ? 'the caller left, the agent right' : 'one track';
  return `${seconds} s at ${sampleRate} Hz, ${which}`;
}
