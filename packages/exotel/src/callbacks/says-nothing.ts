/** What carriers and their clients write where they know nothing. */
const NOTHING = /^\s*(?:na|#?n\/a|nan|nil|none|null|undefined|[(<]n(?:ull|il|one)[)>]|-|""|'')?\s*$/i;

/** Whether a text is one of the words for "nothing", or blank. */
export function saysNothing(text: string): boolean {
  return text.length <= 64 && NOTHING.test(text);
}
