/** `45s`, `2m 05s`, `1h 02m 05s`; `-` if it is unknown. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return '-';
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const twoDigits = (number: number): string => String(number).padStart(2, '0');
  if (hours > 0) return `${hours}h ${twoDigits(minutes)}m ${twoDigits(rest)}s`;
  return minutes > 0 ? `${minutes}m ${twoDigits(rest)}s` : `${rest}s`;
}
