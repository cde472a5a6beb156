import { type Redis } from 'ioredis';

/** The server belongs to a Redis Cluster. Retrying is useless: the address must change. */
export class ClusterNotSupportedError extends Error {
  override readonly name = 'ClusterNotSupportedError';
}

const WHAT_TO_DO =
  'this Redis runs with cluster-enabled yes, and Turnlog does not work on Redis Cluster: it would record nothing. ' +
  'Give it a Redis without cluster mode (cluster-enabled no), or one behind Sentinels (redis+sentinel://…)';

/**
 * Rejects with {@link ClusterNotSupportedError} on a server of a Redis Cluster, which answers a ping and
 * refuses most writes. A server that does not report its mode passes.
 */
export async function refuseCluster(redis: Redis): Promise<void> {
  if (/^cluster_enabled:1/m.test(await clusterInfo(redis))) throw new ClusterNotSupportedError(WHAT_TO_DO);
}

async function clusterInfo(redis: Redis): Promise<string> {
  try {
    return await redis.info('cluster');
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return '';
    throw error;
  }
}
