import { type Applet } from '../../domain/stream-request.ts';

/** The paths that take streams, and the applet of each. */
export type StreamPaths = Readonly<Record<string, Applet>>;

/** The target of an upgrade. */
export interface StreamTarget {
  /** Path and query without the token, which is not passed on. */
  readonly url: string;
  readonly applet: Applet;
  readonly token: string | undefined;
}

const TOKEN = /^(.*)\/(tl_token_[\w-]+)\/?$/;

/** Reads the URL of an upgrade: `/exotel/stream?…` or `/exotel/stream/<token>?…`. Undefined if the path takes no streams. */
export function streamTarget(requestUrl: string, paths: StreamPaths): StreamTarget | undefined {
  const [path = '', ...query] = requestUrl.split('?');
  const [, pathBefore, token] = TOKEN.exec(path) ?? [];
  const streamPath = (pathBefore ?? path).replace(/\/$/, '');
  const applet = Object.hasOwn(paths, streamPath) ? paths[streamPath] : undefined;
  if (applet === undefined) return undefined;
  return { url: [streamPath, ...query].join('?'), applet, token };
}
