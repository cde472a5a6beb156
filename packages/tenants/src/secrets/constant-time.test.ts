import { expect, jest, test } from '@jest/globals';
import * as crypto from 'node:crypto';

/** The calls to node:crypto since the last check. */
const work = { hashes: 0, comparedBytes: [] as number[] };

jest.unstable_mockModule('node:crypto', () => ({
  ...crypto,
  createHash: (algorithm: string) => {
    work.hashes += 1;
    return crypto.createHash(algorithm);
  },
  timingSafeEqual: (a: Buffer, b: Buffer) => {
    work.comparedBytes.push(a.length);
    return crypto.timingSafeEqual(a, b);
  },
}));

const { addTenant } = await import('../change-tenant.ts');
const { TenantDirectory } = await import('../tenant-directory.ts');
const { createSecret } = await import('./secret-text.ts');

const ROUNDS = 101;
const CALLS_PER_ROUND = 200;
/** Without the work for an unknown secret, it would be refused in a fifth of the time. */
const MAX_RATIO = 1.5;

async function openDirectory() {
  const { tenant, created } = addTenant('acme', undefined, 0);
  const copies = { acme: JSON.stringify(tenant) };
  const directory = new TenantDirectory({ readAll: () => Promise.resolve(copies) });
  await directory.reload();
  const right = created.find(({ secret }) => secret.kind === 'api')?.text ?? '';
  const other = createSecret('api', 0).text;
  const lengthOfId = 'tl_api_'.length + 12;
  return {
    right,
    tell: (text: string) => directory.authenticate('api', text)?.name,
    wrong: {
      'an unknown id': other,
      'a known id, all else wrong': right.slice(0, lengthOfId) + other.slice(lengthOfId),
      'a known id, and wrong at the end': right.slice(0, -4) + (right.endsWith('AAAA') ? 'BBBB' : 'AAAA'),
    },
  };
}

test('for known and unknown ids alike, one text is hashed and all of the hash is compared', async () => {
  const { tell, right, wrong } = await openDirectory();
  const workOf = (text: string) => {
    Object.assign(work, { hashes: 0, comparedBytes: [] });
    const name = tell(text);
    return { name, ...work };
  };

  expect(workOf(right)).toEqual({ name: 'acme', hashes: 1, comparedBytes: [32] });
  for (const text of [...Object.values(wrong), '', 'no secret at all']) {
    expect(workOf(text)).toEqual({ name: undefined, hashes: 1, comparedBytes: [32] });
  }
});

test('the time to refuse a secret does not show whether its id is known or how much of it is right', async () => {
  const { tell, wrong } = await openDirectory();
  const samples = Object.entries(wrong).map(([what, text]) => ({ what, text, roundsMs: [] as number[] }));
  // Interleaved, so that other load on the machine affects all of them alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { text, roundsMs } of samples) {
      const beganAtMs = performance.now();
      for (let call = 0; call < CALLS_PER_ROUND; call += 1) tell(text);
      roundsMs.push(performance.now() - beganAtMs);
    }
  }

  // In the fastest round the machine did nothing else.
  const fastestMs = samples.map(({ roundsMs }) => Math.min(...roundsMs));
  expect(Math.max(...fastestMs) / Math.min(...fastestMs)).toBeLessThan(MAX_RATIO);
});
