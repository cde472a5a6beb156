/** The guards of the system, each of which can be removed to check whether the simulation notices. */
export const SABOTAGES = [
  'version-guard',
  'compare-and-set',
  'gap-answer',
  'epoch-per-run',
  'own-pending-read',
  'reclaim',
  'sweep',
  'expiry-after-commit',
  'commit-without-memory',
  'release-while-short',
  'ends-without-memory',
  'refused-again',
  'pages-by-bytes',
  'set-aside',
] as const;

/** A guard that is removed. */
export type Sabotage = (typeof SABOTAGES)[number];
