// The graph of a source folder's rooms: its folders, and the files beside them.
import { isTestFile } from './read-imports.mjs';

/**
 * The rooms below `base`, with the arrows between them: `{ from, to, files }`, where `files` counts the
 * imports. `upward` are the arrows that close a cycle. Without them, a room's floor is one above all that it
 * imports.
 */
export function readRooms(imports, base) {
  const arrows = readArrows(imports, base);
  const rooms = [
    ...new Set([...imports.keys()].filter((file) => isProduct(file, base)).map((file) => roomOf(file, base))),
  ];
  const upward = [];
  let downward = arrows;
  for (let cyclic = arrowsOnCycles(downward); cyclic.length > 0; cyclic = arrowsOnCycles(downward)) {
    const worst = worstOf(cyclic);
    upward.push(worst);
    downward = downward.filter((arrow) => arrow !== worst);
  }
  return { rooms, arrows, upward, floors: floorsOf(rooms, downward) };
}

function readArrows(imports, base) {
  const arrows = new Map();
  for (const [file, imported] of imports) {
    if (!isProduct(file, base)) continue;
    for (const target of imported) {
      if (!target.file?.startsWith(base)) continue;
      const [from, to] = [roomOf(file, base), roomOf(target.file, base)];
      if (from === to) continue;
      const arrow = arrows.get(`${from} ${to}`) ?? { from, to, files: 0 };
      arrow.files += 1;
      arrows.set(`${from} ${to}`, arrow);
    }
  }
  return [...arrows.values()];
}

const isProduct = (file, base) => file.startsWith(base) && !isTestFile(file);
const roomOf = (file, base) => file.slice(base.length).split('/')[0];

/**
 * The arrow whose removal leaves the fewest arrows on a cycle; of several, the one of the fewest imports.
 */
function worstOf(cyclic) {
  const without = cyclic.map((arrow) => ({
    arrow,
    left: arrowsOnCycles(cyclic.filter((other) => other !== arrow)).length,
  }));
  without.sort((a, b) => a.left - b.left || a.arrow.files - b.arrow.files);
  return without[0].arrow;
}

function arrowsOnCycles(arrows) {
  return arrows.filter(({ from, to }) => reaches(arrows, to, from));
}

function reaches(arrows, from, to) {
  const seen = new Set([from]);
  for (const room of seen) for (const arrow of arrows) if (arrow.from === room) seen.add(arrow.to);
  return seen.has(to);
}

function floorsOf(rooms, arrows) {
  const floors = new Map();
  const floorOf = (room) => {
    if (!floors.has(room)) {
      const below = arrows.filter(({ from }) => from === room).map(({ to }) => floorOf(to));
      floors.set(room, 1 + Math.max(0, ...below));
    }
    return floors.get(room);
  };
  rooms.forEach(floorOf);
  return floors;
}
