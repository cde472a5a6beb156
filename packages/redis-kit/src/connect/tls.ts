import { readFileSync } from 'node:fs';
import { type RedisOptions } from 'ioredis';

/** The parameter of a `rediss://` URL with the file of the CA, as in redis-py. */
const CA_PARAMETER = 'ssl_ca_certs';

/** The URL without the client's parameters, and TLS with verification if the URL asks for it. */
export function readAddress(redisUrl: string): { readonly url: string; readonly tls: RedisOptions['tls'] } {
  // The URL of Sentinels is parsed elsewhere, with the file of their CA.
  if (!/^rediss?:\/\//i.test(redisUrl) || !URL.canParse(redisUrl)) return { url: redisUrl, tls: undefined };
  const url = new URL(redisUrl);
  const caFile = url.searchParams.get(CA_PARAMETER);
  url.searchParams.delete(CA_PARAMETER);
  if (url.protocol !== 'rediss:') return { url: url.href, tls: undefined };
  return {
    url: url.href,
    tls: { rejectUnauthorized: true, ...(caFile !== null && { ca: readFileSync(caFile) }) },
  };
}

/** An error of a connection; one about the server's certificate includes the remedy. */
export function explainConnectionError(error: Error): Error {
  const code = 'code' in error ? String(error.code) : '';
  if (!/CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/.test(code)) return error;
  const message = `the certificate of Redis is not trusted; REDIS_CA_FILE names the CA that signed it (${code})`;
  return Object.assign(new Error(message, { cause: error }), { code });
}
