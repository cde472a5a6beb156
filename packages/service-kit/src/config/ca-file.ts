import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type EnvValue, envValue } from './env-value.ts';

/** The path of a readable file with a certificate in PEM: of the CA that signs a server's. */
export const caFile: EnvValue<string> = envValue('the path of a CA certificate in PEM', (path) => {
  try {
    return new X509Certificate(readFileSync(path)).ca
      ? { value: path }
      : { problem: 'got a certificate that is not one of a CA' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return {
      problem: code.startsWith('E') ? `got a file that can not be read (${code})` : 'got something else',
    };
  }
});

/** A `rediss://` URL with the CA that its server's certificate has to be signed by. */
export function withRedisCa(url: string, file: string | undefined): string {
  return file === undefined ? url : withParameters(url, { ssl_ca_certs: file });
}

/** A database URL that goes over TLS, to a server whose certificate this CA has signed. */
export function withDatabaseCa(url: string, file: string | undefined): string {
  return file === undefined ? url : withParameters(url, { sslmode: 'verify-full', sslrootcert: file });
}

/** By hand: the URL class rejects an address of several Sentinels. Parameters that the URL has stay. */
function withParameters(text: string, parameters: Readonly<Record<string, string>>): string {
  const [base = '', query = ''] = text.split(/\?(.*)/s);
  const asked = new URLSearchParams(query);
  for (const [name, value] of Object.entries(parameters)) if (!asked.has(name)) asked.set(name, value);
  const all = asked.toString();
  return all === '' ? base : `${base}?${all}`;
}
