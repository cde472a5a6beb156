import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseXml } from './parse-xml.ts';

test('elements are fields, repeated ones a list, empty ones an empty text', () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
    <!-- as documented -->
    <TwilioResponse><Call id="1"><Sid>a&amp;b &#8377;</Sid><Price/><Leg>1</Leg><Leg>2</Leg>
      <Uri><![CDATA[/v1/<x>]]></Uri></Call></TwilioResponse>`;
  expect(parseXml(xml)).toEqual({
    TwilioResponse: { Call: { Sid: 'a&b ₹', Price: '', Leg: ['1', '2'], Uri: '/v1/<x>' } },
  });
});

test.each(['', 'text', '<a>', '<a></b>', '</a>', '<a><b></a></b>', '<a', '<a>1</a></a>', '<'.repeat(99)])(
  '%s is not well-formed',
  (xml) => {
    expect(parseXml(xml)).toBeUndefined();
  },
);

test('an element named __proto__ is one like any other; a document type and great depth are refused', () => {
  expect(JSON.stringify(parseXml('<a><__proto__>1</__proto__></a>'))).toBe('{"a":{"__proto__":"1"}}');
  expect(parseXml('<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>')).toBeUndefined();
  expect(parseXml(`${'<a>'.repeat(100)}${'</a>'.repeat(100)}`)).toBeUndefined();
});

test('never throws', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<b/>',
    '&#x110000;',
    '&lt;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    'x',
  );
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string())), (parts) => void parseXml(parts.join(''))));
});
