import { type ChainableCommander } from 'ioredis';

/** Runs a pipeline; resolves to the replies of its commands. Rejects with the first error. */
export async function execAll(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = await pipeline.exec();
  if (replies === null) throw new Error('Redis answered nothing');
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
