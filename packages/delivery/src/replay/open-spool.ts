import { type Appender } from '@turnlog/call-log';
import { type Logger } from '@turnlog/service-kit';
import { openSpoolFolders, Spool, type SpoolObserver } from '@turnlog/spool';
import { SpoolOutbox } from '../by-id/spool-outbox.ts';
import { type AnswerObserver, type ProducerSpool } from '../delivery-options.ts';
import { SpoolRoom } from './spool-room.ts';

const OUTBOX_BACKOFF = { minMs: 50, maxMs: 2_000 };

/** What {@link openGatewaySpool} needs. */
export interface GatewaySpoolOptions {
  /** The folder of all gateways that share a disk. */
  readonly root: string;
  readonly instance: string;
  readonly maxBytes: number;
  /** The most that is taken of one call. */
  readonly maxCallBytes: number;
  readonly afterMs: number;
  readonly logger: Logger;
}

/** Opens the spool; throws when its folder can't be used or belongs to a running gateway. */
export async function openGatewaySpool(options: GatewaySpoolOptions) {
  const { root, instance, maxBytes, maxCallBytes, afterMs, logger } = options;
  const folders = await openSpoolFolders(root, instance);
  const { disk, firstNumber, leftovers } = folders;
  const spool = new Spool({ disk, maxBytes, firstNumber, observer: observe(logger) });
  const room = new SpoolRoom(maxCallBytes);
  const storeAs = (mode: 'ordered' | 'unordered'): ProducerSpool => ({
    afterMs,
    store: room.bound((events) => spool.store(events, mode)),
  });
  return {
    spool,
    afterMs,
    leftovers,
    /** Takes over the spools of gateways on the same disk that have died since. */
    takeOver: () => folders.takeOver(),
    forProducers: storeAs('ordered'),
    forReports: storeAs('unordered'),
    /** Delivers events that have no producer: those that came over HTTP, and those of a dead gateway. */
    createOutbox: (appender: Appender, observer: AnswerObserver) =>
      new SpoolOutbox(appender, OUTBOX_BACKOFF, observer),
    close: async () => {
      await spool.close();
      await folders.close();
    },
  };
}

/** The spool of a gateway, for each of its users. */
export type GatewaySpool = Awaited<ReturnType<typeof openGatewaySpool>>;

function observe(logger: Logger): SpoolObserver {
  return {
    onProblem: (problem, err) => {
      logger.error(
        { event: 'spool_unavailable', problem, err },
        problem === 'full'
          ? 'the spool is full; new calls are refused until Redis accepts events again'
          : 'the spool cannot be written; new calls are refused until it can',
      );
    },
    onRecovered: () => logger.info({ event: 'spool_recovered' }, 'the spool accepts events again'),
    onNotRemoved: (err) =>
      logger.warn({ event: 'spool_file_not_removed', err }, 'a spool file could not be closed or removed'),
  };
}
