import { type CallStore } from '@turnlog/call-store';
import { type Server } from '../kernel/server.ts';
import { type SimProcess } from '../kernel/sim-process.ts';
import { type PostgresModel } from './postgres-model.ts';

/** How long the driver waits for a statement. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** The persister's queries of Postgres, from one process over connections that may fail. */
export function connectToPostgres(
  process: SimProcess,
  { server, model }: { readonly server: Server; readonly model: PostgresModel },
): Pick<CallStore, 'writeCalls' | 'archiveEvents' | 'mergeCall' | 'ping'> {
  const request = <T>(what: string, effect: () => T, describe: (answer: T) => string): Promise<T> =>
    process.request({ server, what, effect, timeoutMs: STATEMENT_TIMEOUT_MS, describe });
  return {
    writeCalls: (batch) => {
      const names = batch.map(({ row, epoch, segment }) => {
        const stretch = segment === undefined ? '' : ` ${segment.fromSeq}-${segment.toSeq}`;
        return `${row.call_sid} v${row.version} ${epoch}${stretch}`;
      });
      return request(
        `write ${names.join(', ')}`,
        () => model.writeCalls(batch),
        (outcomes) => outcomes.join(' '),
      );
    },
    archiveEvents: (segments) =>
      request(
        `archive ${segments.map(({ call, segment }) => `${call.callSid} ${segment.fromSeq}-${segment.toSeq}`).join(', ')}`,
        () => model.archiveEvents(segments),
        () => '',
      ),
    ping: () =>
      request(
        'ping',
        () => undefined,
        () => '',
      ),
    mergeCall: (merge) =>
      request(
        `merge ${merge.call.callSid}`,
        () => model.mergeCall(merge),
        ({ outcome, record }) => `${outcome} v${record.version}`,
      ),
  };
}
