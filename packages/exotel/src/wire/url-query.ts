/** The query of a whole URL or of a request target such as `/media?a=1`. Never throws. */
export function queryOf(url: string | URL): URLSearchParams {
  if (url instanceof URL) return url.searchParams;
  const [beforeFragment = ''] = url.split('#', 1);
  const question = beforeFragment.indexOf('?');
  return new URLSearchParams(question === -1 ? '' : beforeFragment.slice(question + 1));
}
