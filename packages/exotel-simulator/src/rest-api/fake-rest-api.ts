import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { sendError, takesEffect, type Misbehaviour } from './misbehaviour.ts';
import { callFields, createStandInCall, type StandInCall, type StandInFields } from './fake-call.ts';
import { toXml } from './to-xml.ts';

/** A request that the stand-in got. */
export interface StandInRequest {
  readonly method: string;
  /** Behind `/v1/Accounts/<sid>/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly atMs: number;
}

/** Exotel's REST API as far as Turnlog uses it, on loopback. It misbehaves as it is told. */
export interface ExotelStandIn {
  readonly url: string;
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiToken: string;
  readonly requests: readonly StandInRequest[];
  /** The calls that it knows, in the order in which they came to be. */
  readonly calls: readonly StandInCall[];
  /** Knows of a call. */
  addCall(sid: string, fields?: StandInFields): StandInCall;
  /** What is done to the next requests, one each; `undefined` answers one well. */
  misbehave(...next: readonly (Misbehaviour | undefined)[]): void;
  /** What is done to every request that nothing else is said of, until told otherwise. */
  misbehaveAlways(misbehaviour: Misbehaviour | undefined): void;
  close(): Promise<void>;
}

/** Starts the stand-in. Without `listsCustomField`, lists leave CustomField out: the documents don't promise it. */
export async function startExotelStandIn({ listsCustomField = false } = {}): Promise<ExotelStandIn> {
  const accountSid = 'stand-in';
  const [apiKey, apiToken] = ['stand-in-key', 'stand-in-token'];
  const authorization = `Basic ${Buffer.from(`${apiKey}:${apiToken}`).toString('base64')}`;
  const requests: StandInRequest[] = [];
  const calls = new Map<string, ReturnType<typeof createStandInCall>>();
  const next: (Misbehaviour | undefined)[] = [];
  let always: Misbehaviour | undefined;

  const addCall = (sid: string, fields: StandInFields = {}): StandInCall => {
    const made = createStandInCall(sid, callFields(sid, fields, Date.now()));
    calls.set(sid, made);
    return made.call;
  };

  const connect = (form: URLSearchParams): StandInFields => {
    const from = form.get('From') ?? '';
    const callerId = form.get('CallerId') ?? '';
    const sid = `placed-${calls.size + 1}`;
    const fields = { From: from, PhoneNumberSid: callerId, To: callerId, Status: 'in-progress' };
    return { Call: addCall(sid, { ...fields, CustomField: form.get('CustomField') }).fields };
  };

  const list = (query: URLSearchParams) => {
    const [, since = '', until = '9'] = /^gte:(.*);lte:(.*)$/.exec(query.get('DateCreated') ?? '') ?? [];
    const found = [...calls.values()]
      .map(({ call }) => call.fields)
      .filter(({ From, DateCreated }) => {
        const created = typeof DateCreated === 'string' ? DateCreated : '';
        return From === query.get('From') && created >= since && created <= until;
      });
    return { Calls: found.map((fields) => (listsCustomField ? fields : without(fields, ['CustomField']))) };
  };

  const answerTo = ({ method, path, query, form }: StandInRequest) => {
    if (method === 'POST' && path === 'Calls/connect.json') return connect(form);
    if (method === 'GET' && path === 'Calls.json') return list(query);
    const [, sid = ''] = /^Calls\/([^/]+)\.json$/.exec(path) ?? [];
    const asked = calls.get(decodeURIComponent(sid));
    return method === 'GET' && asked !== undefined ? { Call: asked.take() } : undefined;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await readRequest(request, accountSid);
    if (asked === undefined) {
      sendError(response, 404);
      return;
    }
    requests.push(asked);
    if (request.headers.authorization !== authorization) {
      sendError(response, 401);
      return;
    }
    const misbehaviour = next.length > 0 ? next.shift() : always;
    const document = takesEffect(misbehaviour) ? answerTo(asked) : undefined;
    await respond(response, document, misbehaviour);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accountSid,
    apiKey,
    apiToken,
    requests,
    get calls() {
      return [...calls.values()].map(({ call }) => call);
    },
    addCall,
    misbehave: (...more) => void next.push(...more),
    misbehaveAlways: (misbehaviour) => (always = misbehaviour),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Document = Parameters<typeof toXml>[0];

async function respond(
  response: ServerResponse,
  document: Document | undefined,
  misbehaviour: Misbehaviour | undefined,
): Promise<void> {
  switch (misbehaviour?.kind) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'status':
      sendError(response, misbehaviour.status, misbehaviour.retryAfter);
      return;
    case 'text':
      response.end(misbehaviour.text);
      return;
    case 'slow':
      await delay(misbehaviour.ms);
      break;
    case 'xml':
    case 'without':
    case undefined:
      break;
  }
  if (document === undefined) {
    sendError(response, 404);
    return;
  }
  const told = misbehaviour?.kind === 'without' ? leaveOut(document, misbehaviour.fields) : document;
  const isXml = misbehaviour?.kind === 'xml';
  response.writeHead(200, { 'content-type': isXml ? 'application/xml' : 'application/json' });
  response.end(isXml ? toXml(told) : JSON.stringify(told));
}

function leaveOut(document: Document, fields: readonly string[]): Document {
  return 'Call' in document ? { Call: without(document.Call as StandInFields, fields) } : document;
}

function without(call: StandInFields, fields: readonly string[]): StandInFields {
  return Object.fromEntries(Object.entries(call).filter(([name]) => !fields.includes(name)));
}

async function readRequest(
  request: IncomingMessage,
  accountSid: string,
): Promise<StandInRequest | undefined> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://stand-in');
  const prefix = `/v1/Accounts/${accountSid}/`;
  const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
  if (!pathname.startsWith(prefix)) return undefined;
  return {
    method: request.method ?? '',
    path: pathname.slice(prefix.length),
    query: searchParams,
    form: new URLSearchParams(body),
    atMs: Date.now(),
  };
}
