/*
 * Loaded into gateways by `NODE_OPTIONS=--import`: the code behind their entries into a call throws, each
 * once every so many times that it is called.
 */
const GATEWAY = new URL('../../../../services/stream-gateway/dist/', import.meta.url);
const DELIVERY = '../../../packages/delivery/dist/';

/** File, class, method, and the number of calls for each fault. */
const FAULTS: readonly (readonly [file: string, name: string, method: string, every: number])[] = [
  ['exotel/liveness.js', 'Liveness', 'onFrame', 400],
  ['exotel/liveness.js', 'Liveness', 'onPong', 150],
  ['exotel/liveness.js', 'Liveness', 'check', 3_000],
  ['exotel/call-connection.js', 'CallConnection', 'end', 40],
  ['agent/frame-queue.js', 'FrameQueue', 'takeAll', 40],
  ['agent/agent-channel.js', 'AgentChannel', 'receive', 400],
  ['agent/agent-relay.js', 'AgentRelay', 'reply', 400],
  ['audio/buffer-pool.js', 'BufferPool', 'giveBack', 400],
  ['http/endpoints/call-events-endpoint.js', 'CallEventsEndpoint', 'answer', 40],
  [`${DELIVERY}retention/retention.js`, 'Retention', 'enforceLimit', 20],
  [`${DELIVERY}by-sequence/event-producer.js`, 'EventProducer', 'compareWithHead', 100],
];

type Method = (this: unknown, ...args: unknown[]) => unknown;

for (const [file, name, method, every] of FAULTS) {
  const module = (await import(new URL(file, GATEWAY).href)) as Record<
    string,
    { readonly prototype: Record<string, Method> } | undefined
  >;
  const methods = module[name]?.prototype;
  const right = methods?.[method];
  if (methods === undefined || right === undefined) throw new Error(`${file} has no ${name}.${method}`);
  let calls = 0;
  methods[method] = function (...args: unknown[]) {
    calls += 1;
    if (calls % every === 0) throw new Error(`a fault of the suite in ${name}.${method}`);
    return right.apply(this, args);
  };
}
