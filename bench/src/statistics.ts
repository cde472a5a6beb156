/** The median; for an even number, the mean of the two in the middle. Throws on an empty list. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** A percentile, interpolated between neighbours. Throws on an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (low === undefined || high === undefined) throw new Error('a percentile needs at least one value');
  return low + (high - low) * (position - Math.floor(position));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
