import { expect, test } from '@jest/globals';
import { namedCall } from './stream-url-endpoint.ts';

const multipart = (name: string, value: string) =>
  `--b\r\ncontent-disposition: form-data; name="From"\r\n\r\n+91\r\n--b\r\nContent-Disposition: form-data; name="${name}"\r\ncontent-type: text/plain\r\n\r\n${value}\r\n--b--\r\n`;

test.each([
  ['CallSid=CA1&From=%2B91', ''],
  ['call_sid=CA1', ''],
  ['', 'CallSid=CA1&To=x'],
  ['', '{"From":"x","callSid":"CA1"}'],
  ['', multipart('CallSid', 'CA1')],
  ['CallSid=CA2', 'CallSid=CA1'],
  ['CallSid=', 'Sid=CA1'],
])('%j and %j name a call', async (query, body) => {
  expect(await namedCall(query, body)).toBe('CA1');
});

test.each([
  ['', ''],
  ['From=x', '{"CallSid":7}'],
  ['', '{"CallSid":'],
  ['', 'null'],
  ['', '[]'],
  ['', `CallSid=${'x'.repeat(200)}`],
  ['CallSid=a%00b', ''],
])('%j and %j name none', async (query, body) => {
  expect(await namedCall(query, body)).toBeUndefined();
});
