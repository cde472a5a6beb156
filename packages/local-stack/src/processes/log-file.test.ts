import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogFile } from './log-file.ts';

describe('a log file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps the log of the previous run', () => {
    const file = path.join(folder, 'logs', 'a.log');
    for (const line of ['first', 'second']) {
      const log = new LogFile(file);
      log.write(line);
      log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('second\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('first\n');
  });

  it('starts again when it is full', () => {
    const file = path.join(folder, 'a.log');
    const log = new LogFile(file, 10);
    for (const line of ['1234', '5678', 'abcd']) log.write(line);
    log.close();
    log.write('too late');
    expect(readFileSync(file, 'utf8')).toBe('abcd\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('1234\n5678\n');
  });
});
