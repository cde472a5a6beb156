import { spawnSync } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { turnDestination } from './turn-destination.ts';

function capture() {
  const writes: string[] = [];
  const destination = turnDestination({ write: (text) => void writes.push(text) });
  return { destination, writes };
}

describe('turnDestination', () => {
  it('hands the lines of one turn on together, in their order, and holds nothing beyond it', async () => {
    const { destination, writes } = capture();
    destination.write('one\n');
    await Promise.resolve();
    destination.write('two\n');
    expect(writes).toEqual([]);
    await nextTurn();
    destination.write('three\n');
    await nextTurn();
    expect(writes).toEqual(['one\ntwo\n', 'three\n']);
  });

  it('holds no more than a write’s worth of lines', () => {
    const { destination, writes } = capture();
    for (let line = 0; line < 1_000; line += 1) destination.write(`${'x'.repeat(199)}\n`);
    expect(writes.length).toBeGreaterThan(1);
    expect(Math.max(...writes.map(({ length }) => length))).toBeLessThan(70_000);
  });

  it('hands on at once when it is told to', () => {
    const { destination, writes } = capture();
    destination.write('fatal\n');
    destination.flushSync();
    expect(writes).toEqual(['fatal\n']);
  });

  it('loses nothing when the process exits, or dies of an error, within the turn', () => {
    for (const end of ['process.exit(0)', 'throw new Error("x")']) {
      const { href } = new URL('./turn-destination.ts', import.meta.url);
      const code = `
        const { turnDestination } = await import(${JSON.stringify(href.replace('/src/', '/dist/').replace('.ts', '.js'))});
        turnDestination({ write: (text) => process.stdout.write(text) }).write('last\\n');
        ${end};`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('last\n');
    }
  });
});
