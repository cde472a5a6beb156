/**
 * What the value of a field may be.
 * - `id`: names one thing, without blanks.
 * - `word`: one of a program's own words, such as a reason or a code.
 * - `names`: names of things, such as the fields that were collected: never their values.
 * - `sentence`: a program's own sentence; see `scrubSentence`.
 * - `phone`: shown as a keyed hash and two digits.
 * - `moment`: a time.
 * - `figure`: a number, yes or no, or unknown (`null`).
 * - `group`: an object whose fields are looked up here as well.
 * - `counts`: an object with figures by words.
 */
export type FieldKind =
  'id' | 'word' | 'names' | 'sentence' | 'phone' | 'moment' | 'figure' | 'group' | 'counts';

/*
 * Everything that a line of a log may contain, by the names of its fields, in snake_case. What is not named here is
 * removed: before you add a field, think about what it can hold. Counts, flags and sizes are figures under any of these
 * names.
 */
const FIELDS_BY_KIND: Readonly<Record<FieldKind, string>> = {
  id: `
    call_sid connection_id stream_sid tenant entry_id id epoch source request_id service instance client connection
    consumer group host address partition secret_id reference schema table column constraint routine command path
    version`,
  word: `
    reason code kind outcome result status state step signal name type event applet mode role action problem feed
    severity syscall database direction policy method data_type job`,
  names: 'fields applied tables scopes',
  sentence: 'error detail todo message url target',
  phone: `
    from to phone phone_number lead_phone caller caller_id callee msisdn from_number to_number customer_number`,
  moment: 'at since until started_at ended_at persisted_at expires_at',
  figure: `
    attempt attempts attempt_no seq last_seq persisted_seq lag pending count entries events turns exchanges calls
    connections records files rows messages letters dead_letters partitions damaged damaged_lines expected
    not_at_hand lost sockets tenants batches segments page gives_up port health_port close_code exit_code pid
    sample_rate errno failed_steps ok spooled lost_connections duration quiet_calls ended_connections seed uptime
    size limit total idle waiting dry_run`,
  group: 'pool stats limits report detail_of',
  counts: 'by_reason',
};

/** Names that end so hold a figure, whatever stands before. */
const FIGURE_SUFFIX = /_(ms|seconds|bytes|count|total|events|calls|per_second|hz|days|hours|pct)$/;

const kinds = new Map(
  Object.entries(FIELDS_BY_KIND).flatMap(([kind, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind as FieldKind]),
  ),
);

/** What a field may hold; `undefined` for one that is not allowed. Also in camelCase and kebab-case. */
export function kindOfField(name: string): FieldKind | undefined {
  const snake = name
    .replace(/-/g, '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
  return kinds.get(snake) ?? (FIGURE_SUFFIX.test(snake) ? 'figure' : undefined);
}
