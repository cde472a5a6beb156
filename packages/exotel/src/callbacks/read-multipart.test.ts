import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readMultipart } from './read-multipart.ts';

const TYPE = 'multipart/form-data; boundary=xyz';
const part = (disposition: string, value: string) =>
  `--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;
const read = (text: string, type = TYPE) => readMultipart(type, Buffer.from(text));

test('fields are read, whatever is in them, and files are not', async () => {
  const fields = `${part('name="CallSid"', 'a1')}${part('name="Legs[0][Status]"', 'line\r\nbreak, ü')}`;
  const body = `${fields}${part('name="f"; filename="x.txt"', 'data')}--xyz--\r\n`;
  expect(await read(body)).toEqual([
    ['CallSid', 'a1'],
    ['Legs[0][Status]', 'line\r\nbreak, ü'],
  ]);
});

test('a quoted boundary of few characters and other headers are read', async () => {
  const body = `--a b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n--a b--`;
  expect(await read(body, 'multipart/form-data; charset=utf-8; boundary="a b"')).toEqual([['x', '1']]);
});

test.each(['', 'x', part('name="x"', '1'), `--xyz\r\nno header end--xyz--`])(
  '%j is malformed',
  async (body) => {
    expect(await read(body)).toBeUndefined();
  },
);

test('nothing throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.uint8Array(), async (type, body) => {
      await readMultipart(type, Buffer.from(body));
      await readMultipart(TYPE, Buffer.from(body));
    }),
  );
});
