/** The address of a Redis: a server by its URL, or a primary by its name in Sentinels. */
export type RedisAddress = { readonly kind: 'server'; readonly url: string } | SentinelAddress;

/** A primary, and the Sentinels that return its current address. */
export interface SentinelAddress {
  readonly kind: 'sentinel';
  readonly sentinels: readonly HostAndPort[];
  /** The name of the primary in `sentinel monitor`. */
  readonly primaryName: string;
  /** For the primary; Sentinels have credentials of their own. */
  readonly credentials: Credentials;
  readonly sentinelCredentials: Credentials;
  readonly database: number;
  /** For Sentinels and primary alike. */
  readonly isTls: boolean;
  /** The file of the CA that signed their certificates; without it, the CAs that the system trusts. */
  readonly caFile: string | undefined;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Empty if none is needed. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

const SENTINEL_PORT = 26379;
const SENTINEL_SCHEME = /^redis(s?)\+sentinel:\/\//i;
const SENTINEL_PARTS = /^redis(s?)\+sentinel:\/\/(?:([^/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const SENTINEL_QUERY = ['sentinel_username', 'sentinel_password', 'ssl_ca_certs'];

/**
 * Parses a `redis://` or `rediss://` URL, or
 * `redis+sentinel://user:password@host:26379,host2:26379/name/0?sentinel_username=…&sentinel_password=…`
 * (`rediss+sentinel` for TLS) with the primary's name in the Sentinels. A problem never quotes the URL: it
 * may contain a password.
 */
export function parseRedisAddress(
  text: string,
): { readonly value: RedisAddress } | { readonly problem: string } {
  return SENTINEL_SCHEME.test(text) ? parseSentinelAddress(text) : parseServerAddress(text);
}

function parseServerAddress(text: string): ReturnType<typeof parseRedisAddress> {
  if (!URL.canParse(text)) return { problem: 'got something that is not a URL' };
  const url = new URL(text);
  if (!['redis:', 'rediss:'].includes(url.protocol)) return { problem: 'got a URL of another scheme' };
  if (url.hostname === '') return { problem: 'got a URL without a host' };
  if (!/^\/?\d*$/.test(url.pathname)) return { problem: 'got a URL whose path is not a database number' };
  return { value: { kind: 'server', url: text } };
}

function parseSentinelAddress(text: string): ReturnType<typeof parseRedisAddress> {
  const parts = SENTINEL_PARTS.exec(text);
  if (parts === null) return { problem: 'got something that is not a URL of Sentinels' };
  const [, tls = '', userInfo = '', hosts = '', path = '', query = ''] = parts;
  const [primaryName = '', database = '0', ...rest] = path.split('/');
  const sentinels = hosts.split(',').map(readHost);
  const asked = new URLSearchParams(query);
  const [username, password] = userInfo.split(/:(.*)/s).map(decode);
  const name = decode(primaryName);

  if (!sentinels.every((each) => each !== undefined))
    return { problem: 'got a URL of Sentinels with a host that is not host or host:port' };
  if (name === undefined || name === '')
    return { problem: 'got a URL of Sentinels without the name of the primary behind the hosts' };
  if (!/^\d*$/.test(database) || rest.length > 0)
    return { problem: 'got a URL of Sentinels with something behind the name that is not a database number' };
  if (userInfo !== '' && (username === undefined || (password === undefined && userInfo.includes(':'))))
    return { problem: 'got a URL of Sentinels whose user or password is not percent-encoded rightly' };
  const unknown = [...asked.keys()].find((key) => !SENTINEL_QUERY.includes(key));
  if (unknown !== undefined)
    return {
      problem: `got a URL of Sentinels that asks for something else than ${SENTINEL_QUERY.join(', ')}`,
    };
  return {
    value: {
      kind: 'sentinel',
      sentinels,
      primaryName: name,
      credentials: credentials(username, password),
      sentinelCredentials: credentials(asked.get('sentinel_username'), asked.get('sentinel_password')),
      database: Number(database),
      isTls: tls !== '',
      caFile: asked.get('ssl_ca_certs') ?? undefined,
    },
  };
}

/** `host`, `host:port` or `[address]:port`. */
function readHost(text: string): HostAndPort | undefined {
  const [, address, host = address, port = SENTINEL_PORT] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  return host === undefined || Number(port) < 1 || Number(port) > 65_535
    ? undefined
    : { host, port: Number(port) };
}

function credentials(username?: string | null, password?: string | null): Credentials {
  return { ...(username && { username }), ...(password && { password }) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
