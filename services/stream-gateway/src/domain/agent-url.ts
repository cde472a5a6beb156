/** What an agent's URL may be filled with. */
export interface AgentUrlFacts {
  readonly callSid: string;
  readonly tenant: string;
  readonly streamSid: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The placeholders of a template, besides `{params.NAME}`. */
export const AGENT_URL_PLACEHOLDERS = ['callSid', 'streamSid', 'from', 'to', 'tenant'] as const;

const PLACEHOLDER = /\{([\w.]+)\}/g;
const PARAMETER = 'params.';

/** The placeholders in a template that nothing can fill. */
export function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith(PARAMETER) && !AGENT_URL_PLACEHOLDERS.some((known) => known === name));
}

/** Whether what is known of a call decides which host is asked, and not only what it is asked for. */
export function hasPlaceholderInOrigin(template: string): boolean {
  const [origin = ''] = /^[a-z]+:\/\/[^/?#]*/i.exec(template) ?? [];
  return origin.includes('{');
}

/** Fills a template; what goes in is URL-encoded, what is not known is left empty. */
export function fillAgentUrl(template: string, facts: AgentUrlFacts): string {
  return template.replace(PLACEHOLDER, (_match, name: string) => encodeURIComponent(valueOf(name, facts)));
}

function valueOf(name: string, { parameters, ...facts }: AgentUrlFacts): string {
  if (name.startsWith(PARAMETER)) {
    const parameter = name.slice(PARAMETER.length);
    return Object.hasOwn(parameters, parameter) ? (parameters[parameter] ?? '') : '';
  }
  const known = AGENT_URL_PLACEHOLDERS.find((placeholder) => placeholder === name);
  return known === undefined ? '' : (facts[known] ?? '').toWellFormed();
}
