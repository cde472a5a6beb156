import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const openssl = promisify(execFile);

/** A CA, and a certificate for this machine that it has signed. */
export interface Certificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  remove(): Promise<void>;
}

/** Created for each test: a file in the repository would expire. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o755);
  const file = (name: string): string => path.join(folder, name);
  const keyPair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('openssl', [
    ...['req', '-x509', ...keyPair, '-days', '2', '-subj', '/CN=Turnlog test CA'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', file('ca.key'), '-out', file('ca.pem')],
  ]);
  await openssl('openssl', [
    ...[
      'req',
      ...keyPair,
      '-subj',
      '/CN=localhost',
      '-keyout',
      file('server.key'),
      '-out',
      file('server.csr'),
    ],
  ]);
  await writeFile(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl('openssl', [
    ...[
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      file('server.csr'),
      '-CA',
      file('ca.pem'),
      '-CAkey',
      file('ca.key'),
    ],
    ...['-CAcreateserial', '-extfile', file('names'), '-out', file('server.pem')],
  ]);
  return {
    caFile: file('ca.pem'),
    certFile: file('server.pem'),
    keyFile: file('server.key'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
