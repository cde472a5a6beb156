import { isObject, type JsonObject } from '../wire/fields.ts';
import { tryReadJson } from '../wire/read-json.ts';
import { parseXml } from './parse-xml.ts';

/**
 * The document of an answer. Version 1 of the API answers in XML unless the path ends in `.json`, and
 * sometimes even then.
 */
export function readAnswer(text: string): JsonObject | undefined {
  const document = /^\s*</.test(text) ? parseXml(text.trim()) : tryReadJson(text);
  return isObject(document) ? document : undefined;
}

/** `Call` of `{"Call": …}`, or of `<TwilioResponse><Call>…`. */
export function findCall(document: JsonObject): JsonObject | undefined {
  for (const candidate of [document, ...Object.values(document).filter(isObject)]) {
    if (isObject(candidate['Call'])) return candidate['Call'];
  }
  return undefined;
}

/**
 * The calls of a list: `{"Calls": […]}`, or `<Calls><Call>…</Call>…</Calls>`. `undefined` if there is no
 * list.
 */
export function findCalls(document: JsonObject): JsonObject[] | undefined {
  for (const candidate of [document, ...Object.values(document).filter(isObject)]) {
    if (!Object.hasOwn(candidate, 'Calls')) continue;
    const calls = candidate['Calls'];
    const list = isObject(calls) ? (calls['Call'] ?? []) : calls;
    const all: unknown[] = Array.isArray(list) ? list : [list];
    return all
      .map((each) => (isObject(each) && isObject(each['Call']) ? each['Call'] : each))
      .filter(isObject);
  }
  return undefined;
}
