import { DEFAULT_UTC_OFFSET_MINUTES, parseUtcOffset, type ExotelAccount } from '@turnlog/exotel';
import { envValue, httpUrl, readConfig, wholeNumber } from '@turnlog/service-kit/config';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import type { Terminal } from '../terminal.ts';

/** An error never contains its value: it is a secret, or one in the wrong place. */
const secret = envValue('letters, digits and . : _ -', (text) =>
  /^[\w.:-]{1,200}$/.test(text) ? { value: text } : { problem: `got ${text.length} characters` },
);

const utcOffset = envValue('an offset from UTC such as +05:30', (text) => {
  const minutes = parseUtcOffset(text);
  return minutes === undefined ? { problem: 'got something else' } : { value: minutes };
});

const environment = z.object({
  EXOTEL_ACCOUNT_SID: secret,
  EXOTEL_API_KEY: secret,
  EXOTEL_API_TOKEN: secret,
  EXOTEL_API_URL: httpUrl.default('https://api.in.exotel.com'),
  /** Placing a call takes up to half a minute. */
  EXOTEL_CONNECT_TIMEOUT_MS: wholeNumber(100, 120_000, 'milliseconds').default(45_000),
  EXOTEL_CALLER_ID: secret.optional(),
  CARRIER_UTC_OFFSET: utcOffset.default(DEFAULT_UTC_OFFSET_MINUTES),
  /** As gateways have it (wss://), or as browsers would (https://). */
  PUBLIC_URL: z.preprocess(
    (value) => (typeof value === 'string' ? value.replace(/^ws/, 'http') : value),
    httpUrl.optional(),
  ),
  WEBHOOK_SECRET: secret.optional(),
  STREAM_SECRET: secret.optional(),
});

/** The carrier's settings, which come from the environment alone. */
export type CarrierSettings = ReturnType<typeof readCarrierSettings>;

/** Throws a sentence that lists every problem and no value. */
export function readCarrierSettings({ env }: Terminal) {
  const read = readConfig(environment, env);
  if (!read.ok) {
    const problems = read.problems.join('\n  ');
    throw new CommandError(`The environment does not say how to reach Exotel:\n  ${problems}`);
  }
  const { config } = read;
  const account: ExotelAccount = {
    apiUrl: config.EXOTEL_API_URL,
    accountSid: config.EXOTEL_ACCOUNT_SID,
    apiKey: config.EXOTEL_API_KEY,
    apiToken: config.EXOTEL_API_TOKEN,
    utcOffsetMinutes: config.CARRIER_UTC_OFFSET,
    timeoutMs: config.EXOTEL_CONNECT_TIMEOUT_MS,
  };
  return {
    account,
    callerId: config.EXOTEL_CALLER_ID,
    /** `https://calls.example.com`: where the carrier reaches the gateways. */
    publicUrl: config.PUBLIC_URL?.replace(/\/+$/, ''),
    webhookSecret: config.WEBHOOK_SECRET,
    streamSecret: config.STREAM_SECRET,
  };
}

/** Where the carrier opens the call's stream: the gateways' public address. */
export function streamUrlOf(
  { publicUrl, streamSecret }: CarrierSettings,
  tenant: string,
): string | undefined {
  if (publicUrl === undefined) return undefined;
  const url = new URL(`${publicUrl}/exotel/stream`);
  // Exotel makes an Authorization header of them.
  if (streamSecret !== undefined) {
    url.username = tenant;
    url.password = streamSecret;
  }
  return url.href.replace(/^http/, 'ws');
}

/** Where the carrier reports on the call; `undefined` without a webhook secret. */
export function statusCallbackUrlOf({ publicUrl, webhookSecret }: CarrierSettings): string | undefined {
  if (publicUrl === undefined || webhookSecret === undefined) return undefined;
  return `${publicUrl}/webhooks/exotel/status/${webhookSecret}`;
}
