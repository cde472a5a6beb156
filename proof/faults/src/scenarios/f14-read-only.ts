import { refuseWrites } from './refuse-writes.ts';
import { type Scenario } from './scenario.ts';

export const readOnly: Scenario = {
  id: 'F14c',
  name: 'read-only',
  title: 'Redis accepts no writes because it is made a replica (READONLY), and later is the primary again',
  pass: 'As with a full memory; READONLY causes no dead letter.',
  answer: 'As above; clients reconnect, in case the address now belongs to another server.',
  loss: 'nothing',
  quick: false,
  stack: { hasSpool: true },
  run: (context) => {
    const { redisEye } = context;
    return refuseWrites(context, {
      // The address has no server to copy, so that its own data stay.
      begin: () => redisEye.replicaof('127.0.0.1', 1),
      end: () => redisEye.replicaof('NO', 'ONE'),
    });
  },
};
