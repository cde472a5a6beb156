import { type StandInFields, type StandInValue } from './fake-call.ts';

/** A document as version 1 of the API writes it. */
export function toXml(document: StandInFields | { readonly Calls: readonly StandInFields[] }): string {
  const body =
    'Calls' in document && Array.isArray(document.Calls)
      ? `<Calls>${document.Calls.map((call) => elementOf('Call', call as StandInFields)).join('')}</Calls>`
      : Object.entries(document as StandInFields)
          .map(([name, value]) => elementOf(name, value))
          .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>\n ${body}\n</TwilioResponse>`;
}

function elementOf(name: string, value: StandInValue): string {
  if (value === null) return `<${name}/>`;
  if (typeof value !== 'object') return `<${name}>${escape(String(value))}</${name}>`;
  const parts = Object.entries(value).map(([part, inner]) => elementOf(part, inner));
  return `<${name}>${parts.join('')}</${name}>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
