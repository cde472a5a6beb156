/** The start of a text: at most this many UTF-16 units, and never half a character. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const isInsideCharacter = (text.codePointAt(maxLength - 1) ?? 0) > 0xffff;
  return text.slice(0, isInsideCharacter ? maxLength - 1 : maxLength);
}
