import { callSid } from '@turnlog/call-events';
import { readCallParameters, namesNothing } from '@turnlog/exotel';

/** Exotel's two applets: the Voicebot applet is two-way, the Stream applet only listens. */
export type Applet = 'voicebot' | 'stream';

/** The facts about a stream that its upgrade request has. */
export interface StreamRequest {
  /** Path and query as they were requested. */
  readonly url: string;
  readonly applet: Applet;
  /** From `?call_sid=`, for clients that name the call there. */
  readonly callSid: string | undefined;
  /** The numbers that the URL names, for clients that put them there. `start` outweighs them. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Names of parameters, without case, `_` and `-`. */
const CALL_SID_NAMES = ['callsid'];
const FROM_NAMES = ['from', 'callfrom', 'fromnumber', 'caller'];
const TO_NAMES = ['to', 'callto', 'tonumber', 'callee'];
const OWN_NAMES = new Set(['applet', ...CALL_SID_NAMES]);

/** Reads the request target of an upgrade; `?applet=` outranks the setting of the path. */
export function readStreamRequest(url: string, appletOfPath: Applet): StreamRequest {
  const query = new URLSearchParams(url.split('?', 2)[1] ?? '');
  const applet = query.get('applet');
  return {
    url,
    applet: applet === 'stream' || applet === 'voicebot' ? applet : appletOfPath,
    callSid: valuesOf(query, CALL_SID_NAMES)
      .map((value) => validCallSid(value))
      .find((sid) => sid !== undefined),
    from: numberIn(query, FROM_NAMES),
    to: numberIn(query, TO_NAMES),
  };
}

/** Digits as people write them, or an address of SIP: a parameter of such a name may be anything else. */
const NUMBER = /^(?:\+?\d[\d\s().-]{1,30}|(?:sips?|tel):[^\s]{1,250})$/i;

function numberIn(query: URLSearchParams, names: readonly string[]): string | undefined {
  return (
    valuesOf(query, names)
      // A plus that was not encoded has become a blank.
      .map((text) => text.replace(/^ (?=\d)/, '+').trim())
      .find((text) => NUMBER.test(text))
  );
}

function valuesOf(query: URLSearchParams, names: readonly string[]): string[] {
  return [...query].filter(([name]) => names.includes(plain(name))).map(([, value]) => value);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

/** The call's own parameters, from the URL and from `start`; without those that are meant for the gateway. */
export function callParametersOf(
  { url }: StreamRequest,
  customParameters?: Readonly<Record<string, string>>,
): Record<string, string> {
  const parameters = Object.entries(readCallParameters({ url, customParameters }));
  return Object.fromEntries(parameters.filter(([name]) => !OWN_NAMES.has(plain(name))));
}

/** The id if it can be the id of a call. One that can't be (too long, control characters, "None") is taken as absent. */
export function validCallSid(id: string | null | undefined): string | undefined {
  return typeof id === 'string' && namesNothing(id) ? undefined : callSid.safeParse(id).data;
}
