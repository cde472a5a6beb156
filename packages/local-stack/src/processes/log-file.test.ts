import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogFile } from './log-file.ts';

describe('a log file', () => {
  let folder: string;
  const problems: string[] = [];
  const onProblem = ({ message }: Error): void => {
    problems.push(message);
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps the log of the previous run', () => {
    const file = path.join(folder, 'logs', 'a.log');
    for (const line of ['first', 'second']) {
      const log = new LogFile(file, { onProblem });
      log.write(line);
      log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('second\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('first\n');
  });

  it('starts again when it is full', () => {
    const file = path.join(folder, 'a.log');
    const log = new LogFile(file, { maxBytes: 10, onProblem });
    for (const line of ['1234', '5678', 'abcd']) log.write(line);
    log.close();
    log.write('too late');
    expect(readFileSync(file, 'utf8')).toBe('abcd\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('1234\n5678\n');
  });

  it('loses lines while it cannot be written, reports it once, and goes on afterwards', () => {
    const file = path.join(folder, 'full.log');
    // Every line starts a new file, which fails while the folder is away, as on a full disk.
    const log = new LogFile(file, { maxBytes: 1, onProblem });
    log.write('1');
    const away = `${folder}.away`;
    renameSync(folder, away);
    for (const line of ['2', '3']) log.write(line);
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
    renameSync(away, folder);
    log.write('4');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('4\n');
  });
});
