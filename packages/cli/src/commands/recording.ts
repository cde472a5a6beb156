import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ExotelApi, fetchRecording, type FetchedRecording } from '@turnlog/exotel';
import { readCarrierSettings, type CarrierSettings } from '../call/carrier-settings.ts';
import { CommandError, reasonOf } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, tenantFlag, text, valueFlag } from '../flags.ts';
import { readCallOrThrow } from './show.ts';

export const command = defineCommand({
  usage: 'recording <callSid> --out <file>',
  count: [1, 1],
  details: [
    'Recordings need the key of the API: EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN of the environment,',
    "which are sent to Exotel's own hosts alone. If the record has no address, Exotel is asked for it.",
  ],
  flags: {
    out: valueFlag(text, '<file>', 'the file to write; it is not overwritten'),
    ...tenantFlag,
    ...databaseFlags,
  },
  run: async ({ values, positionals: [callSid = ''] }, terminal) => {
    const { out, tenant } = values;
    if (out === undefined) throw new CommandError('Say where to write the recording: --out call.mp3');
    const settings = readCarrierSettings(terminal);
    const url =
      (await withStore(values, terminal, (store) => readCallOrThrow(store, callSid, tenant))).recording_url ??
      (await askForAddress(callSid, settings));
    const fetched = await fetchRecording(url, settings.account);
    if (fetched.kind !== 'ok')
      throw new CommandError(`The recording can't be fetched: ${problemOf(fetched)}.`);
    const bytes = await write(out, fetched.body);
    return {
      document: { file: out, bytes, contentType: fetched.contentType ?? null },
      text: `🔊 ${out}: ${bytes} bytes`,
    };
  },
});

async function askForAddress(callSid: string, { account }: CarrierSettings): Promise<string> {
  const answer = await new ExotelApi(account).callDetails(callSid);
  const url = answer.kind === 'ok' ? answer.value.recordingUrl : undefined;
  if (url !== undefined) return url;
  const reason =
    answer.kind === 'ok' ? 'Exotel has none either' : `Exotel does not say where it is (${answer.kind})`;
  throw new CommandError(
    `The record of the call has no recording, and ${reason}. It arrives a few minutes after the call, if the call is recorded.`,
  );
}

function problemOf(fetched: Exclude<FetchedRecording, { kind: 'ok' }>): string {
  switch (fetched.kind) {
    case 'unauthorised':
      return `the credentials are refused (HTTP ${fetched.status})`;
    case 'not_found':
      return 'it is not there (HTTP 404): it may have been deleted, or is not ready yet';
    case 'rate_limited':
    case 'rejected':
      return `HTTP ${fetched.status}`;
    case 'unavailable':
    case 'unsafe_address':
      return fetched.reason;
  }
}

async function write(file: string, body: AsyncIterable<Uint8Array>): Promise<number> {
  try {
    // A recording is personal data: only the user who fetched it may read it.
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    await pipeline(body, target);
    return target.bytesWritten;
  } catch (error) {
    throw new CommandError(`The recording can't be written: ${reasonOf(error)}.`, { cause: error });
  }
}
