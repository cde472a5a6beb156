/** The guards that the system stands on, each of which can be taken away to see whether the simulation notices. */
export const SABOTAGES = [
  'version-guard',
  'compare-and-set',
  'gap-answer',
  'epoch-per-run',
  'own-pending-read',
  'reclaim',
  'sweep',
  'expiry-after-commit',
  'settle-without-memory',
  'release-while-short',
  'ends-without-memory',
  'refused-again',
  'pages-by-bytes',
  'set-aside',
] as const;

/** A guard that is taken away. */
export type Sabotage = (typeof SABOTAGES)[number];
