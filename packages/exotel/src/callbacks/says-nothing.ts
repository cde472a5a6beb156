/** The words for "nothing" of carriers and their clients. */
const NOTHING = /^\s*(?:na|#?n\/a|nan|nil|none|null|undefined|[(<]n(?:ull|il|one)[)>]|-|""|'')?\s*$/i;

/** Whether a text is one of the words for "nothing", or blank. */
export function saysNothing(text: string): boolean {
  return text.length <= 64 && NOTHING.test(text);
}
