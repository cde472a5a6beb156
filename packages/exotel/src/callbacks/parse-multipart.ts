const PART = /^\r?\n((?:[^\r\n]+\r?\n)*)\r?\n([\s\S]*?)\r?\n$/;

/**
 * The text fields of a `multipart/form-data` body that is in memory as a whole; files are passed over. `undefined` when
 * it is none with that boundary, or is cut off. Never throws.
 */
export function parseMultipart(
  contentType: string,
  body: Buffer,
): [name: string, value: string][] | undefined {
  const [, quoted, token] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? token;
  if (boundary === undefined) return undefined;
  // One character for each byte, so that nothing is decoded before it is known where it ends.
  const [, ...pieces] = `\r\n${body.toString('latin1')}`.split(`\n--${boundary}`);
  if (pieces.pop()?.startsWith('--') !== true) return undefined;
  const fields: [string, string][] = [];
  for (const piece of pieces) {
    const [whole, headers = '', value = ''] = PART.exec(`${piece}\n`) ?? [];
    if (whole === undefined) return undefined;
    const name = nameIn(headers);
    if (name !== undefined) fields.push([utf8Of(name), utf8Of(value)]);
  }
  return fields;
}

function nameIn(headers: string): string | undefined {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1];
  if (disposition === undefined || /filename\*?=/i.test(disposition)) return undefined;
  const [, quoted, token] = /(?:^|[;\s])name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  return quoted ?? token;
}

function utf8Of(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
