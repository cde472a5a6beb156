import { type Found } from './found.ts';

const LOCAL = /[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{M}\p{N}.-]/u;
const TOP_LEVEL = /\.[\p{L}\p{M}]{2,}$/u;
// RFC 5321 §4.5.3.1. The bounds also keep a text of @ alone from taking quadratic time.
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

/** E-mail addresses: read from each @ in both directions. */
export function findEmails(text: string): Found[] {
  const found: Found[] = [];
  let searchedTo = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = readBack(text, at, Math.max(searchedTo, at - MAX_LOCAL));
    const end = readDomain(text, at + 1);
    if (start === at || end === undefined) continue;
    found.push({ kind: 'email', start, end });
    searchedTo = end;
  }
  return found;
}

function readBack(text: string, at: number, limit: number): number {
  let start = at;
  while (start > limit && LOCAL.test(text[start - 1] ?? '')) start -= 1;
  return start;
}

function readDomain(text: string, from: number): number | undefined {
  let end = from;
  while (end < text.length && end - from < MAX_DOMAIN && DOMAIN.test(text[end] ?? '')) end += 1;
  // A full stop after it belongs to the sentence.
  while (end > from && /[.-]/.test(text[end - 1] ?? '')) end -= 1;
  return TOP_LEVEL.test(text.slice(from, end)) ? end : undefined;
}
