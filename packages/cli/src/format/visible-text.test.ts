import { describe, expect, it } from '@jest/globals';
import { visibleText, visibleValue } from './visible-text.ts';

describe('visibleText', () => {
  it('keeps what people write, Indian scripts and emoji included', () => {
    const text = 'नमस्ते ക്ഷമിക്കണം 👨‍👩‍👧 “fine” €5';
    expect(visibleText(text)).toBe(text);
  });

  it('shows what a terminal would obey', () => {
    expect(visibleText('\u001B[2Jgone\u0007\u009B31m')).toBe('<U+001B>[2Jgone<U+0007><U+009B>31m');
  });

  it('shows what turns the direction of text, or hides', () => {
    expect(visibleText('a\u202Eb\u2066c\u200Bd\uFEFF')).toBe('a<U+202E>b<U+2066>c<U+200B>d<U+FEFF>');
  });

  it('keeps a text on one line', () => {
    expect(visibleText('one\ntwo\r\nthree\u2028four\tfive')).toBe('one↵two↵three↵four five');
  });

  it('shows a string as it is and any other value as JSON', () => {
    expect(['Mumbai', 5_000_000, ['a\nb'], null].map(visibleValue)).toEqual([
      'Mumbai',
      '5000000',
      String.raw`["a\nb"]`,
      'null',
    ]);
  });
});
