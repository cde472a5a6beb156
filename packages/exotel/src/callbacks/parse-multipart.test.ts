import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMultipart } from './parse-multipart.ts';

const TYPE = 'multipart/form-data; boundary=xyz';
const part = (disposition: string, value: string) =>
  `--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;
const parse = (text: string, type = TYPE) => parseMultipart(type, Buffer.from(text));

test('fields are read, whatever is in them', () => {
  const body = `${part('name="CallSid"', 'a1')}${part('name="Legs[0][Status]"', 'line\r\nbreak, ü')}${part('name=empty', '')}--xyz--\r\n`;
  expect(parse(body)).toEqual([
    ['CallSid', 'a1'],
    ['Legs[0][Status]', 'line\r\nbreak, ü'],
    ['empty', ''],
  ]);
});

test('other headers, a quoted boundary, a preamble and bare line feeds do no harm', () => {
  const body = `hello\n--a b\nContent-Type: text/plain\ncontent-disposition: form-data; name="x"\n\n1\n--a b--`;
  expect(parse(body, 'multipart/form-data; charset=utf-8; boundary="a b"')).toEqual([['x', '1']]);
});

test('files, and parts without a name, are passed over', () => {
  const body = `${part('name="f"; filename="name=x.txt"', 'data')}${part('', 'x')}${part('name="y"', '2')}--xyz--`;
  expect(parse(body)).toEqual([['y', '2']]);
});

test.each(['', 'x', part('name="x"', '1'), `--xyz\r\nno header end--xyz--`])(
  '%j is cut off, or none',
  (body) => {
    expect(parse(body)).toBeUndefined();
  },
);

test('what the platform writes is read, and nothing throws', async () => {
  const fields = fc.dictionary(
    fc.stringMatching(/^[A-Za-z[\]]{1,9}$/),
    fc.stringMatching(/^[ -~ü\n]{0,20}$/),
  );
  await fc.assert(
    fc.asyncProperty(fields, async (values) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(values)) form.append(name, value);
      const written = new Response(form);
      const body = Buffer.from(await written.arrayBuffer());
      const expected = Object.entries(values).map(([name, value]) => [name, value.replace(/\n/g, '\r\n')]);
      expect(parseMultipart(written.headers.get('content-type') ?? '', body)).toEqual(expected);
    }),
  );
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (type, body) => void parseMultipart(type, Buffer.from(body))),
  );
});
