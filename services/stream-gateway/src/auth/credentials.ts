import { type IncomingMessage } from 'node:http';

/** What a request shows of who it is from: nothing, or a secret of its kind. */
export interface Credentials {
  readonly isGiven: boolean;
  /** The password of HTTP Basic; Exotel makes it of the user info in the stream URL. Source: Exotel, Voicebot applet. */
  readonly password: string;
  readonly bearer: string;
}

/** Reads the `Authorization` header. Anything that can't be read is given, and empty: it opens nothing. */
export function readCredentials({ headers }: IncomingMessage): Credentials {
  const { authorization } = headers;
  if (authorization === undefined) return { isGiven: false, password: '', bearer: '' };
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const isBearer = scheme.toLowerCase() === 'bearer';
  return { isGiven: true, password: isBasic ? passwordOf(value) : '', bearer: isBearer ? value : '' };
}

/** What stands after the first colon. The user name says nothing: a secret names its tenant. */
function passwordOf(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  return text.slice(text.indexOf(':') + 1 || text.length);
}
