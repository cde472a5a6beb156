import { type CarrierSettings } from './carrier-settings.ts';

/** Where the carrier opens the call's stream: the gateways' public address. */
export function streamUrlOf(
  { publicUrl, streamSecret }: CarrierSettings,
  tenant: string,
): string | undefined {
  if (publicUrl === undefined) return undefined;
  const url = new URL(`${publicUrl.replace(/\/+$/, '')}/exotel/stream`);
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
  return `${publicUrl.replace(/\/+$/, '')}/webhooks/exotel/status/${webhookSecret}`;
}
