import { callId, reportOf, type CallKey } from '@turnlog/call-events';
import { callKeys, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { type Asked, toError, type ScriptRun, type ScriptArgument } from '@turnlog/redis-kit';
import { readAppendReply, type AppendOutcome } from './append-result.ts';
import { type AppendLimits, type AppendRequest } from './append-request.ts';
import { changeOf, mayChangeConnections } from './new-event.ts';

/** The most UTF-8 bytes of a call's log. */
export const DEFAULT_MAX_CALL_BYTES = 16 * 1024 * 1024;

/** The most calls of one run of the script, which blocks other clients while it runs. */
const MAX_CALLS_PER_RUN = 32;

type Append = Asked<AppendRequest, AppendOutcome>;

/** Called with the appends of a run that failed as a whole. */
type Refuse = (appends: readonly Append[], error: Error) => void;

interface AppendKeys {
  readonly partition: number;
  readonly shared: readonly string[];
  readonly own: readonly string[];
}

/** Makes runs of the append script; each run has calls of one partition. */
export function createRunPlanner(space: KeySpace, limits: Pick<AppendLimits, 'maxEvents' | 'maxBytes'>) {
  const keysOf = rememberKeys(space);

  const toRun = (
    appends: readonly Append[],
    serverRun: string,
    refuse: Refuse,
  ): Asked<ScriptRun, unknown> => ({
    request: { keys: toKeysOfRun(appends, keysOf), args: toArguments(appends, serverRun, limits) },
    resolve: (replies) => {
      appends.forEach((append, index) => settle(append, (replies as unknown[])[index]));
    },
    reject: (error) => refuse(appends, error),
  });

  return (appends: readonly Append[], serverRun: string, refuse: Refuse): Asked<ScriptRun, unknown>[] => {
    const open = new Map<number, Append[]>();
    const groups: Append[][] = [];
    for (const append of appends) {
      const { partition } = keysOf(append.request.call);
      let group = open.get(partition);
      if (group === undefined || group.length === MAX_CALLS_PER_RUN) {
        group = [];
        groups.push(group);
        open.set(partition, group);
      }
      group.push(append);
    }
    return groups.map((group) => toRun(group, serverRun, refuse));
  };
}

/** The keys of a call, cached for as long as its producer keeps its call key. */
function rememberKeys(space: KeySpace): (call: CallKey) => AppendKeys {
  const known = new WeakMap<CallKey, AppendKeys>();
  return (call) => {
    const keys = known.get(call) ?? toKeys(space, call);
    known.set(call, keys);
    return keys;
  };
}

function toKeys(space: KeySpace, call: CallKey): AppendKeys {
  const partition = partitionOf(space, call);
  const { head, log, ids } = callKeys(space, call);
  const { activity, persist, live } = partitionKeys(space, partition);
  return { partition, shared: [activity, persist, live], own: [head, log, ids] };
}

function toKeysOfRun(appends: readonly Append[], keysOf: (call: CallKey) => AppendKeys): string[] {
  const keys: string[] = [];
  for (const { request } of appends) {
    const { shared, own } = keysOf(request.call);
    if (keys.length === 0) keys.push(...shared);
    keys.push(...own);
  }
  return keys;
}

/** An error concerns one call: the others of the run have their own replies. */
function settle({ resolve, reject }: Append, reply: unknown): void {
  let outcome: AppendOutcome;
  try {
    outcome = readAppendReply(reply);
  } catch (error) {
    reject(toError(error));
    return;
  }
  resolve(outcome);
}

function toArguments(
  appends: readonly Append[],
  serverRun: string,
  { maxEvents, maxBytes = DEFAULT_MAX_CALL_BYTES }: Pick<AppendLimits, 'maxEvents' | 'maxBytes'>,
): ScriptArgument[] {
  const args: ScriptArgument[] = [serverRun, maxEvents, maxBytes];
  for (const { request } of appends) {
    const { call, events, mode, unseenSinceMs = '' } = request;
    const first = mode === 'ordered' ? events[0]?.event : undefined;
    args.push(callId(call), first?.source ?? '', first?.sourceSeq ?? 0, events.length);
    if (isPlain(request)) {
      args.push('');
      for (const { text } of events) args.push(text);
      continue;
    }
    args.push(limitsOf(request), unseenSinceMs);
    for (const each of events) {
      const { event, text, rememberId, isRefused = false } = each;
      const { fingerprint = '' } = event;
      args.push(isRefused ? '' : text, rememberId ? reportOf(event) : '', fingerprint, changeOf(each));
    }
  }
  return args;
}

/** Whether an append and its events have no arguments but their texts. */
function isPlain({ events, unseenSinceMs, isAcknowledged, isTenantFull }: AppendRequest): boolean {
  return (
    unseenSinceMs === undefined &&
    isAcknowledged !== true &&
    isTenantFull !== true &&
    events.every((event) => !event.rememberId && event.isRefused !== true && !mayChangeConnections(event))
  );
}

function limitsOf({ isAcknowledged = false, isTenantFull = false }: AppendRequest): string {
  if (isAcknowledged) return 'none';
  return isTenantFull ? 'tenant' : 'call';
}
