// Which file may import which.
import { isTestFile } from './read-imports.mjs';
import { readRooms } from './rooms.mjs';

const PURE = /^services\/[^/]+\/src\/domain\/|^packages\/(call-events|exotel|redaction)\/src\//;
/** Libraries that read no clock, socket or disk. node:crypto is here for its hashes. */
const PURE_LIBRARIES = ['zod', 'nanoid', 'lru-cache', 'saxes', 'node:crypto'];
/** The deterministic simulation runs these two services' decisions. */
const IN_SIMULATION = /^services\/(persister|session)\//;

const MOST_FLOORS = 7;

/** Each rule takes the imports of all files and returns its faults. */
export const rules = {
  'a service imports packages, never another service': (imports) =>
    faultsOf(imports, (from, to) => {
      const service = workspaceOf(to);
      if (!service.startsWith('services/') || service === workspaceOf(from)) return false;
      return !(from.startsWith('proof/simulation/') && IN_SIMULATION.test(to));
    }),
  'packages and services import nothing of proof/ and bench/': (imports) =>
    faultsOf(imports, (from, to) => isProof(to) && !isProof(from)),
  'a workspace is imported by its name': (imports) =>
    faultsOf(
      imports,
      (from, to, specifier) => specifier.startsWith('.') && workspaceOf(from) !== workspaceOf(to),
    ),
  'domain/ and pure packages import nothing impure': impureImports,
  'the folders of a service have no cycle': (imports) =>
    serviceFolders(imports).flatMap((base) =>
      readRooms(imports, base).upward.map(({ from, to }) => `${base}${from} -> ${base}${to}`),
    ),
  [`the folders of a service have at most ${MOST_FLOORS} floors`]: (imports) =>
    serviceFolders(imports)
      .map((base) => ({ base, floors: Math.max(...readRooms(imports, base).floors.values()) }))
      .filter(({ floors }) => floors > MOST_FLOORS)
      .map(({ base, floors }) => `${base} has ${floors}`),
};

function faultsOf(imports, isFault) {
  return [...imports].flatMap(([from, imported]) =>
    imported
      .filter(({ file, specifier }) => file !== undefined && isFault(from, file, specifier))
      .map(({ file }) => `${from} -> ${file}`),
  );
}

/** Follows what a pure file imports through all files of the workspace, up to the libraries. */
function impureImports(imports) {
  const reached = new Set([...imports.keys()].filter((file) => PURE.test(file) && !isTestFile(file)));
  const faults = [];
  for (const from of reached)
    for (const { specifier, file } of imports.get(from) ?? []) {
      if (file !== undefined) reached.add(file);
      else if (!PURE_LIBRARIES.includes(specifier)) faults.push(`${from} -> ${specifier}`);
    }
  return faults;
}

const workspaceOf = (file) =>
  file
    .split('/')
    .slice(0, file.startsWith('bench/') ? 1 : 2)
    .join('/');
const isProof = (file) => /^(proof|bench)\//.test(file);

function serviceFolders(imports) {
  const services = [...imports.keys()].filter((file) => file.startsWith('services/')).map(workspaceOf);
  return [...new Set(services)].map((service) => `${service}/src/`);
}
