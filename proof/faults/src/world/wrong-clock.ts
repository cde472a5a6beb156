import process from 'node:process';

/*
 * Loaded into services by `NODE_OPTIONS=--import`: their host's clock is wrong by CLOCK_OFF_MS, and as much
 * in the other direction after each SIGUSR2. Clocks that only measure durations are right, as they are on
 * such a host.
 */
let offMs = Number(process.env['CLOCK_OFF_MS']);
process.on('SIGUSR2', () => {
  offMs = -offMs;
});

const RightDate = Date;

globalThis.Date = new Proxy(RightDate, {
  construct: (target, args: unknown[]): Date =>
    args.length === 0 ? new target(target.now() + offMs) : (Reflect.construct(target, args) as Date),
  get: (target, name, receiver): unknown =>
    name === 'now' ? () => target.now() + offMs : Reflect.get(target, name, receiver),
});
