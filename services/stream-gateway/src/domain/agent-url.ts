/** The facts that may fill an agent's URL. */
export interface AgentUrlFacts {
  readonly callSid: string;
  readonly tenant: string;
  readonly streamSid: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the audio, in Hz. */
  readonly sampleRate: number;
}

/** The placeholders of a template, besides `{params.NAME}`. */
export const AGENT_URL_PLACEHOLDERS = ['callSid', 'streamSid', 'from', 'to', 'tenant', 'sampleRate'] as const;

const PLACEHOLDER = /\{([\w.~-]+)\}/g;
const PARAMETER = 'params.';
/** The rate is not a parameter of the call, but templates name it like one. */
const RATE_PARAMETERS = new Set(['sample-rate', 'sample_rate']);

/** The placeholders in a template that nothing can fill. */
export function unknownPlaceholders(template: string): string[] {
  return placeholdersIn(template).filter(
    (name) => !isParameter(name) && !AGENT_URL_PLACEHOLDERS.some((known) => known === name),
  );
}

function isParameter(name: string): boolean {
  return name.startsWith(PARAMETER) && name.length > PARAMETER.length;
}

function placeholdersIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

/** Whether a placeholder is in the host of the URL, and not only behind it. */
export function hasPlaceholderInOrigin(template: string): boolean {
  return originOf(template).includes('{');
}

/** Scheme and authority: what stands before the path. */
function originOf(template: string): string {
  const [origin = ''] = /^[a-z]+:\/\/[^/\\?#]*/i.exec(template) ?? [];
  return origin;
}

/** The URL of one call's agent, or why there is none. */
export type FilledAgentUrl =
  { readonly ok: true; readonly url: string } | { readonly ok: false; readonly problem: string };

/**
 * Fills a template. Values are URL-encoded, so that they can't add anything to the URL; what is not known is left empty. What
 * encoding can't hold, an empty host or a path segment `..`, leaves the call without a URL: another agent would be dialled.
 */
export function fillAgentUrl(template: string, facts: AgentUrlFacts): FilledAgentUrl {
  const origin = originOf(template);
  const empty = placeholdersIn(origin).find((name) => valueOf(name, facts) === '');
  if (empty !== undefined) return no(`{${empty}} stands before its path, and is empty for this call`);
  const rest = template.slice(origin.length);
  const url = filled(origin, facts) + filled(rest, facts);
  const dots = dotSegment(rest, facts);
  if (dots !== undefined) return no(`the values of this call make "${dots}" of a part of its path`);
  return URL.canParse(url) ? { ok: true, url } : no('with the values of this call it is not a URL');
}

function no(problem: string): FilledAgentUrl {
  return { ok: false, problem: `AGENT_URL: ${problem}` };
}

function filled(template: string, facts: AgentUrlFacts): string {
  return template.replace(PLACEHOLDER, (_match, name: string) => encodeURIComponent(valueOf(name, facts)));
}

/** A filled segment of the path that a URL parser would take for a step up, or for no step. `%2e` counts as a dot there. */
function dotSegment(pathAndQuery: string, facts: AgentUrlFacts): string | undefined {
  const [path = ''] = pathAndQuery.split(/[?#]/, 1);
  const changed = path.split(/[/\\]/).filter((segment) => placeholdersIn(segment).length > 0);
  const segments = changed.map((segment) => filled(segment, facts).replace(/%2e/gi, '.'));
  return segments.find((segment) => segment === '.' || segment === '..');
}

function valueOf(name: string, { parameters, ...facts }: AgentUrlFacts): string {
  if (name.startsWith(PARAMETER)) {
    const parameter = name.slice(PARAMETER.length);
    if (RATE_PARAMETERS.has(parameter)) return String(facts.sampleRate);
    return Object.hasOwn(parameters, parameter) ? (parameters[parameter] ?? '').toWellFormed() : '';
  }
  const known = AGENT_URL_PLACEHOLDERS.find((placeholder) => placeholder === name);
  return known === undefined ? '' : String(facts[known] ?? '').toWellFormed();
}
