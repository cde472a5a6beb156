const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;

/**
 * A value that may be kept: a URL loses its user and password, and the URL of our own stream, which Exotel repeats with
 * everything that we gave it, its query as well.
 */
export function withoutUrlSecrets(normalisedName: string, value: string): string {
  const anonymous = value.replace(USER_INFO, '$1');
  return normalisedName.endsWith('streamurl') ? (anonymous.split(/[?#]/, 1)[0] ?? '') : anonymous;
}
