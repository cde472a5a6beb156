/** How much may go into one batch. */
interface BatchLimits<T> {
  readonly maxItems: number;
  readonly maxWeight: number;
  readonly weightOf: (item: T) => number;
}

/** Splits items into batches, in their order. An item heavier than a whole batch gets one of its own. */
export function splitBatches<T>(
  items: readonly T[],
  { maxItems, maxWeight, weightOf }: BatchLimits<T>,
): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let batchWeight = 0;
  for (const item of items) {
    const weight = weightOf(item);
    if (batch.length > 0 && (batch.length >= maxItems || batchWeight + weight > maxWeight)) {
      batches.push(batch);
      batch = [];
      batchWeight = 0;
    }
    batch.push(item);
    batchWeight += weight;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
