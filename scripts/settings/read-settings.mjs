import os from 'node:os';
import path from 'node:path';

const SERVICES = ['stream-gateway', 'session', 'persister', 'reconciler'];

/** Each service's settings, `{ name, meaning, expected, default }`, of the schema in its built config. */
export async function readSettings(root) {
  const read = SERVICES.map(async (service) => {
    const { configSchema } = await import(path.join(root, 'services', service, 'dist', 'config.js'));
    const settings = Object.entries(configSchema.shape).map(([name, schema]) =>
      describeSetting(name, schema),
    );
    return { service, settings };
  });
  return Promise.all(read);
}

/** A setting as its zod schema describes it: each layer, such as `.default(…)`, holds the schema inside it. */
export function describeSetting(name, schema) {
  const layers = [];
  for (let layer = schema; layer !== undefined; layer = layer.def.innerType) layers.push(layer);
  const metas = layers.map((layer) => layer.meta() ?? {});
  const meaning = metas.find(({ description }) => description)?.description;
  if (!meaning) throw new Error(`${name} has no meaning: give it one with described().`);
  const expected = metas.find((meta) => meta.expected)?.expected ?? '';
  const withDefault = layers.find(({ def }) => def.type === 'default');
  const isRequired = !withDefault && !layers.some(({ def }) => def.type === 'optional');
  const shown = isRequired ? 'required' : formatDefault(withDefault?.def.defaultValue, expected);
  return { name, meaning, expected: expected.replace(/^an? /, ''), default: shown };
}

function formatDefault(value, expected) {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  if (value === os.hostname()) return "the host's name";
  if (/offset from UTC/.test(expected)) return `\`${formatOffset(value)}\``;
  const unit = /milliseconds|bytes/.exec(expected)?.[0];
  const readable = typeof value === 'number' ? inUnits(value, unit) : '';
  return readable === '' ? `\`${value}\`` : `\`${value}\` (${readable})`;
}

function formatOffset(minutes) {
  const digits = (number) => String(number).padStart(2, '0');
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${digits(Math.floor(absolute / 60))}:${digits(absolute % 60)}`;
}

const UNITS = {
  bytes: [
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ],
  milliseconds: [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ],
};

/** 16777216 bytes are 16 MiB. Nothing where the number is as readable as it is. */
function inUnits(value, unit) {
  const fitting = UNITS[unit]?.find(([, size]) => value >= size && value % size === 0);
  return fitting ? `${value / fitting[1]} ${fitting[0]}` : '';
}
