import { camelCaseShape } from './camel-case-shape.ts';
import { liveShape } from './live-shape.ts';
import { minimalShape } from './minimal-shape.ts';
import { type Shape } from './shape.ts';
import { snakeCaseShape } from './snake-case-shape.ts';

/** `strings` and `numbers` are documented (two pages disagree), `live` and `camelCase` seen, `minimal` the least. */
export type ShapeName = 'strings' | 'numbers' | 'live' | 'camelCase' | 'minimal';

/** The forms of Exotel's frames, by name. */
export const shapes: Readonly<Record<ShapeName, Shape>> = {
  // https://developer.exotel.com/docs/agentstream/websocket-protocol
  strings: snakeCaseShape({ number: String, encoding: 'audio/x-raw', bitRate: '16' }),
  // https://developer.exotel.com/docs/agentstream/stream-voicebot-applet
  numbers: snakeCaseShape({ number: Number, encoding: 'raw', bitRate: '128' }),
  live: liveShape,
  camelCase: camelCaseShape,
  minimal: minimalShape,
};
