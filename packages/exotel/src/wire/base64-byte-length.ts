const equals = 0x3d;

/** The bytes of a base64 text, by its length alone; `undefined` if no base64 has that length. */
export function base64ByteLength(base64: string): number | undefined {
  let digits = base64.length;
  if (base64.charCodeAt(digits - 1) === equals) digits -= 1;
  if (base64.charCodeAt(digits - 1) === equals) digits -= 1;
  return digits % 4 === 1 ? undefined : Math.floor((digits * 3) / 4);
}
