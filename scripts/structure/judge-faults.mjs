/**
 * Compares the faults of each rule with its exceptions. Returns one line for each fault that is not an exception, and
 * for each exception that is not a fault any more.
 */
export function judgeFaults(faultsByRule, exceptions) {
  const rules = new Set([...Object.keys(faultsByRule), ...Object.keys(exceptions)]);
  return [...rules].flatMap((rule) => {
    const faults = faultsByRule[rule] ?? [];
    const excepted = exceptions[rule] ?? [];
    return [
      ...faults.filter((fault) => !excepted.includes(fault)).map((fault) => `${rule}: ${fault}`),
      ...excepted
        .filter((exception) => !faults.includes(exception))
        .map((exception) => `an exception that no longer occurs, remove it: ${exception} (${rule})`),
    ];
  });
}
