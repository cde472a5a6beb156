import { type CallFields, type FieldValue } from './fake-call.ts';

/** A document as version 1 of the API writes it. */
export function toXml(
  document: { readonly Call: CallFields } | { readonly Calls: readonly CallFields[] },
): string {
  const body =
    'Calls' in document
      ? `<Calls>${document.Calls.map((call) => elementOf('Call', call)).join('')}</Calls>`
      : elementOf('Call', document.Call);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>\n ${body}\n</TwilioResponse>`;
}

function elementOf(name: string, value: FieldValue): string {
  if (value === null) return `<${name}/>`;
  if (typeof value !== 'object') return `<${name}>${escape(String(value))}</${name}>`;
  const parts = Object.entries(value).map(([part, inner]) => elementOf(part, inner));
  return `<${name}>${parts.join('')}</${name}>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
