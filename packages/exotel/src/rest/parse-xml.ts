import { SaxesParser } from 'saxes';

const MAX_DEPTH = 32;

/** An element: its text when it has no elements in it, else these by their names; several of a name as a list. */
export type XmlValue = string | XmlValue[] | { [name: string]: XmlValue };

interface OpenElement {
  text: string;
  readonly children: Map<string, XmlValue>;
}

/**
 * Reads the plain XML that Exotel's API answers in: elements and text, without attributes. `undefined` when it is not
 * well-formed, is too deep or has a document type, which could define entities. Never throws.
 */
export function parseXml(xml: string): XmlValue | undefined {
  let current: OpenElement = { text: '', children: new Map() };
  const parents: OpenElement[] = [];
  const addText = (text: string) => (current.text += text);
  const parser = new SaxesParser();
  parser.on('error', (error) => refuse(error.message));
  parser.on('doctype', refuse);
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('opentag', () => {
    if (parents.push(current) > MAX_DEPTH) refuse('the document is too deep');
    current = { text: '', children: new Map() };
  });
  parser.on('closetag', ({ name }) => {
    const parent = parents.pop() ?? refuse('no element is open');
    add(parent.children, name, valueOf(current));
    current = parent;
  });
  try {
    parser.write(xml).close();
    return valueOf(current);
  } catch {
    return undefined;
  }
}

function refuse(problem: string): never {
  throw new Error(problem);
}

function add(children: Map<string, XmlValue>, name: string, value: XmlValue): void {
  const before = children.get(name);
  if (Array.isArray(before)) before.push(value);
  else children.set(name, before === undefined ? value : [before, value]);
}

function valueOf({ text, children }: OpenElement): XmlValue {
  return children.size === 0 ? text.trim() : Object.fromEntries(children);
}
