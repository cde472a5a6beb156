const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)[^<>]*?(\/?)>|([^<]+)/g;
const MAX_DEPTH = 32;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** An element: its text when it has no elements in it, else these by their names; several of a name as a list. */
export type XmlValue = string | XmlValue[] | { [name: string]: XmlValue };

interface Open {
  readonly name: string;
  text: string;
  readonly children: Map<string, XmlValue>;
}

/**
 * Reads the plain XML that Exotel's API answers in: elements and text. Attributes are passed over, and no entity is
 * known but the five and numbers. `undefined` when it is not well-formed. Never throws.
 */
export function parseXml(xml: string): XmlValue | undefined {
  const root: Open = { name: '', text: '', children: new Map() };
  const open = [root];
  let position = 0;
  for (const token of xml.matchAll(TOKEN)) {
    if (token.index !== position) return undefined;
    position += token[0].length;
    const [, cdata, slash, name, selfClosing, text] = token;
    const current = open.at(-1) ?? root;
    if (cdata !== undefined) current.text += cdata;
    else if (text !== undefined) current.text += decodeEntities(text);
    else if (name === undefined) continue;
    else if (slash === '/') {
      if (open.length === 1 || current.name !== name) return undefined;
      open.pop();
      addTo(open.at(-1) ?? root, name, valueOf(current));
    } else if (selfClosing === '/') addTo(current, name, '');
    else {
      if (open.length > MAX_DEPTH) return undefined;
      open.push({ name, text: '', children: new Map() });
    }
  }
  const isWhole = position === xml.length && open.length === 1 && root.children.size > 0;
  return isWhole ? valueOf(root) : undefined;
}

function addTo({ children }: Open, name: string, value: XmlValue): void {
  const before = children.get(name);
  if (before === undefined) children.set(name, value);
  else children.set(name, Array.isArray(before) ? [...before, value] : [before, value]);
}

function valueOf({ text, children }: Open): XmlValue {
  return children.size === 0 ? text.trim() : Object.fromEntries(children);
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return ENTITIES[name] ?? whole;
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
