// What pnpm put into node_modules, and whether it is still there: pnpm itself takes what is there for complete.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The manifest of each package in the store of `node_modules`, of other packages' dependencies as well. */
export function installedPackages(root) {
  const store = path.join(root, 'node_modules/.pnpm');
  return foldersIn(store).flatMap((entry) => {
    const folder = `node_modules/.pnpm/${entry}/node_modules`;
    return packagesIn(path.join(root, folder)).map((name) => `${folder}/${name}/package.json`);
  });
}

/** The first of these files that is gone, by the name of its package. */
export function missingPackage(root, manifests) {
  const missing = manifests.find((manifest) => !existsSync(path.join(root, manifest)));
  return missing && /.*\/node_modules\/(.*)\/package\.json$/.exec(missing)?.[1];
}

/** The packages that are here themselves; those of others are links. */
function packagesIn(folder) {
  return foldersIn(folder).flatMap((name) =>
    name.startsWith('@') ? foldersIn(path.join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
