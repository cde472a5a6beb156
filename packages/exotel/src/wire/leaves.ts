import { cutText } from './cut-text.ts';
import { isObject } from './fields.ts';

/** A value at the end of a path in a JSON document. */
export type Scalar = string | number | boolean | null;

export interface LeafLimits {
  maxLeaves: number;
  /** Also limits the depth, because every step adds to the path. */
  maxPathLength: number;
  maxTextLength: number;
}

/**
 * The scalars of a JSON value as `path → scalar`, dots between the steps, within limits; the rest is left
 * out. `skip` leaves out a key and all below it.
 */
export function leavesOf(
  value: unknown,
  limits: LeafLimits,
  skip: (key: string) => boolean = () => false,
): Record<string, Scalar> {
  const leaves: [string, Scalar][] = [];
  for (const leaf of walk(value, '', limits, skip)) {
    leaves.push(leaf);
    if (leaves.length === limits.maxLeaves) break;
  }
  return Object.fromEntries(leaves);
}

function* walk(
  value: unknown,
  prefix: string,
  limits: LeafLimits,
  skip: (key: string) => boolean,
): Generator<[string, Scalar]> {
  if (!isObject(value) && !Array.isArray(value)) return;
  for (const [key, child] of Object.entries(value) as [string, unknown][]) {
    // A record with this key would change its prototype when it is copied with `Object.assign`.
    if (key === '__proto__' || skip(key)) continue;
    const path = prefix + key;
    if (path.length > limits.maxPathLength) continue;
    if (isScalar(child)) yield [path, cut(child, limits.maxTextLength)];
    else yield* walk(child, `${path}.`, limits, skip);
  }
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object';
}

function cut(value: Scalar, maxTextLength: number): Scalar {
  return typeof value === 'string' ? cutText(value, maxTextLength) : value;
}
