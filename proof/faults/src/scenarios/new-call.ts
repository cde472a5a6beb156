import { placeCall } from '@turnlog/exotel-simulator';
import { type Context } from './scenario.ts';

/**
 * Whether the first gateway accepts a new call now; an accepted one is hung up at once, and recorded in the
 * journal.
 */
export async function takesNewCall({ stack, ledger }: Context, callSid: string): Promise<boolean> {
  const line = placeCall({
    url: stack.streamUrls[0] ?? '',
    callSid,
    audio: 0.1,
    frameMs: 500,
    hangUpAfterMs: Infinity,
    handshakeAttempts: 1,
  });
  const isTaken = await line.connected;
  line.hangUp();
  await line.finished;
  if (isTaken) ledger.lineEnded(callSid, 'hung-up');
  return isTaken;
}

/** Why a service, the first gateway by default, is not ready, in its own words; undefined if it is. */
export async function whyNotReady({ stack }: Context, service = 'gateway-1'): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${stack.service(service).healthPort}/readyz`, {
    signal: AbortSignal.timeout(5_000),
  });
  const text = await response.text();
  return response.ok ? undefined : `${response.status} ${text}`;
}
