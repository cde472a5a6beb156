import { expect, test } from '@jest/globals';
import { createLogger } from '@turnlog/service-kit';
import { createAudioDrops } from './audio-drops.ts';

test('dropped audio is logged once a minute for each reason, with all bytes', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const drops = createAudioDrops(createLogger({ service: 'test', destination }));
  drops.report(0);
  expect(lines).toEqual([]);
  for (let ms = 0; ms < 60_000; ms += 100) {
    drops.count('no_room', 10);
    drops.report(ms);
  }
  expect(lines).toMatchObject([{ level: 40, reason: 'no_room', dropped_bytes: 10 }]);
  drops.count('call_full', 5);
  drops.report(60_000);
  expect(lines.slice(1)).toMatchObject([
    { reason: 'no_room', dropped_bytes: 5_990 },
    { reason: 'call_full', dropped_bytes: 5 },
  ]);
  drops.report(600_000);
  expect(lines).toHaveLength(3);
});
