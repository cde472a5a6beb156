// docs/logs.md: what the source logs, as a table. The last column is written by hand and kept.
const BEGIN = '<!-- log events: npm run logs -->';
const END = '<!-- end of log events -->';
const NOTHING_TO_DO = '–';

/** The page with its table renewed. What the old table says to do about an event stays. */
export function renewPage(page, lines) {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after === -1) throw new Error(`docs/logs.md lacks "${BEGIN}" or "${END}"`);
  const advice = readAdvice(page.slice(before, after));
  const head =
    '| event | level | from | message | fields | what to do |\n| --- | --- | --- | --- | --- | --- |';
  const rows = [...byEvent(lines)].map(([event, known]) => toRow(event, known, advice.get(event)));
  return `${page.slice(0, before)}${BEGIN}\n\n${[head, ...rows].join('\n')}\n\n${page.slice(after)}`;
}

/** What is wrong with the lines and the page, in sentences. */
export function problemsOf(page, lines) {
  const nameless = lines.filter(({ event }) => event === undefined);
  const oddly = lines.filter(({ event }) => event !== undefined && !/^[a-z]+(_[a-z0-9]+)*$/.test(event));
  const advice = readAdvice(page);
  const serious = ['warn', 'error', 'fatal', 'by severity'];
  const unadvised = [...byEvent(lines)].filter(
    ([event, { levels }]) =>
      [...levels].some((level) => serious.includes(level)) &&
      (advice.get(event) ?? NOTHING_TO_DO) === NOTHING_TO_DO,
  );
  return [
    ...nameless.map(({ file, messages }) => `${file}: the log line "${messages[0] ?? ''}" names no event`),
    ...oddly.map(({ file, event }) => `${file}: the event ${event} is not in snake_case`),
    ...unadvised.map(([event]) => `docs/logs.md does not say what to do about ${event}`),
    ...(nameless.length === 0 && renewPage(page, lines) !== page
      ? ['docs/logs.md is not what the source logs: run "npm run logs"']
      : []),
  ];
}

function byEvent(lines) {
  const events = new Map();
  const named = lines.filter(({ event }) => event !== undefined);
  for (const { event, levels, messages, fields, place } of named) {
    const known = events.get(event) ?? {
      levels: new Set(),
      messages: new Set(),
      fields: new Set(),
      places: new Set(),
    };
    for (const level of levels) known.levels.add(level);
    for (const message of messages) known.messages.add(message);
    for (const field of fields) known.fields.add(field);
    known.places.add(place);
    events.set(event, known);
  }
  return new Map([...events].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toRow(event, { levels, messages, fields, places }, advice = NOTHING_TO_DO) {
  const cells = [`\`${event}\``, levels, places, messages, fields, advice];
  const texts = cells.map((cell) => (typeof cell === 'string' ? cell : [...cell].sort().join(', ')));
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What the table says to do, by event. */
function readAdvice(text) {
  const rows = text.matchAll(/^\| `(\w+)` \|.*\| ((?:[^|\\]|\\.)*) \|$/gm);
  return new Map([...rows].map(([, event, advice]) => [event, advice.replaceAll('\\|', '|')]));
}
