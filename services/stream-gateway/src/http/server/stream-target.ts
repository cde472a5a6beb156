import { type Applet } from '../../domain/stream-request.ts';

/** The paths that take streams, and the applet that each is for. */
export type StreamPaths = Readonly<Record<string, Applet>>;

/** What the URL of an upgrade asks for. */
export interface StreamTarget {
  /** Path and query without the token, which nothing else may see. */
  readonly url: string;
  readonly applet: Applet;
  readonly token: string | undefined;
}

const TOKEN = /^(.*)\/(tl_token_[\w-]+)\/?$/;

/** A path without a slash at its end: `/media/` is `/media`. */
function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Reads the URL of an upgrade: `/exotel/stream?…`, or `/exotel/stream/<token>?…`. Nothing where no stream is taken. */
export function streamTarget(requestUrl: string, paths: StreamPaths): StreamTarget | undefined {
  const [path = '', ...query] = requestUrl.split('?');
  const [, pathBefore, token] = TOKEN.exec(path) ?? [];
  const streamPath = withoutSlash(pathBefore ?? path);
  const applet = Object.hasOwn(paths, streamPath) ? paths[streamPath] : undefined;
  if (applet === undefined) return undefined;
  return { url: [streamPath, ...query].join('?'), applet, token };
}
