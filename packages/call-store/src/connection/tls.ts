/** The errors of a TLS handshake that concern the server's certificate. */
const CERTIFICATE_CODES = [
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED'],
  ...['CERT_SIGNATURE_FAILURE', 'ERR_TLS_CERT_ALTNAME_INVALID'],
];

/** Whether a connection failed because the server's certificate is not trusted. */
export function isCertificateProblem(code: string | undefined): boolean {
  return code !== undefined && CERTIFICATE_CODES.includes(code);
}

/**
 * The URL with a strict `sslmode`: every mode with TLS verifies the server's certificate and its name, which
 * the driver does for `verify-full` alone. Throws for `no-verify`, which would trust any server.
 */
export function verifyingUrl(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return databaseUrl;
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  if (mode === 'no-verify') {
    throw new Error(
      'sslmode=no-verify would trust any server: use verify-full, and name the CA in DATABASE_CA_FILE',
    );
  }
  const wantsTls = url.searchParams.has('sslrootcert') || (mode !== null && mode !== 'disable');
  if (!wantsTls || mode === 'verify-full') return databaseUrl;
  url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}
