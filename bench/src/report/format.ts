import { type Sample } from '../benchmark.ts';
import { type Summary } from './summary.ts';

/** A number with its significant digits: 34,600, 12.3, 0.41. */
function formatNumber(value: number): string {
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `3,412 calls/s (290 µs CPU)` */
export function formatSample({ value, cpuMicros }: Sample, unit: string): string {
  const cpu = cpuMicros === undefined ? '' : ` (${formatNumber(cpuMicros)} µs CPU)`;
  return `${formatNumber(value)} ${unit}${cpu}`;
}

/** `0.44 (0.41–0.46)` */
export function formatRatio({ ratio, ratioMin, ratioMax }: Summary): string {
  return `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`;
}

/** `≥ 0.40, aim 0.70`, or `none` */
export function formatGoal({ betterIs, target, aim }: Summary): string {
  if (target === undefined) return 'none';
  const goal = `${betterIs === 'higher' ? '≥' : '≤'} ${target.toFixed(2)}`;
  return aim === undefined ? goal : `${goal}, aim ${aim.toFixed(2)}`;
}
