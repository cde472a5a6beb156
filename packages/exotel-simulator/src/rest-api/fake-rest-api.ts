import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { FakeCall, type CallFields } from './fake-call.ts';
import { sendError, takesEffect, type Misbehaviour } from './misbehaviour.ts';
import { respond, without, type ApiDocument } from './respond.ts';

/** A request that the fake received. */
export interface ReceivedRequest {
  readonly method: string;
  /** The part after `/v1/Accounts/<sid>/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly atMs: number;
}

const ACCOUNT_PATH = '/v1/Accounts/fake/';

/** Exotel's REST API as far as Turnlog uses it, on loopback, with the misbehaviour that a test asks for. */
export class FakeRestApi {
  readonly accountSid = 'fake';
  readonly apiKey = 'fake-key';
  readonly apiToken = 'fake-token';
  readonly requests: ReceivedRequest[] = [];
  readonly #authorization = `Basic ${Buffer.from(`${this.apiKey}:${this.apiToken}`).toString('base64')}`;
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => response.destroy());
  });
  readonly #calls = new Map<string, FakeCall>();
  readonly #nextMisbehaviours: (Misbehaviour | undefined)[] = [];
  #usualMisbehaviour: Misbehaviour | undefined;

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Its calls, oldest first. */
  get calls(): readonly FakeCall[] {
    return [...this.#calls.values()];
  }

  addCall(sid: string, fields: CallFields = {}): FakeCall {
    const call = new FakeCall(sid, fields, Date.now());
    this.#calls.set(sid, call);
    return call;
  }

  /** How it treats the next requests, one each; `undefined` answers one well. */
  misbehave(...next: readonly (Misbehaviour | undefined)[]): void {
    this.#nextMisbehaviours.push(...next);
  }

  /** How it treats every request for which `misbehave` has nothing. */
  misbehaveAlways(misbehaviour: Misbehaviour | undefined): void {
    this.#usualMisbehaviour = misbehaviour;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(request);
    if (received === undefined) {
      sendError(response, 404);
      return;
    }
    this.requests.push(received);
    if (request.headers.authorization !== this.#authorization) {
      sendError(response, 401);
      return;
    }
    const next = this.#nextMisbehaviours;
    const misbehaviour = next.length > 0 ? next.shift() : this.#usualMisbehaviour;
    const document = takesEffect(misbehaviour) ? this.#answerTo(received) : undefined;
    await respond(response, document, misbehaviour);
  }

  #answerTo({ method, path, query, form }: ReceivedRequest): ApiDocument | undefined {
    if (method === 'POST' && path === 'Calls/connect.json') return this.#connect(form);
    if (method === 'GET' && path === 'Calls.json') return this.#list(query);
    const [, sid = ''] = /^Calls\/([^/]+)\.json$/.exec(path) ?? [];
    const call = this.#calls.get(decodeURIComponent(sid));
    return method === 'GET' && call !== undefined ? { Call: call.answer() } : undefined;
  }

  #connect(form: URLSearchParams): ApiDocument {
    const callerId = form.get('CallerId') ?? '';
    const call = this.addCall(`placed-${this.#calls.size + 1}`, {
      From: form.get('From') ?? '',
      PhoneNumberSid: callerId,
      To: callerId,
      Status: 'in-progress',
      CustomField: form.get('CustomField'),
    });
    return { Call: call.fields };
  }

  #list(query: URLSearchParams): ApiDocument {
    const [, since = '', until = '9'] = /^gte:(.*);lte:(.*)$/.exec(query.get('DateCreated') ?? '') ?? [];
    const found = this.calls
      .map(({ fields }) => fields)
      .filter(({ From, DateCreated }) => {
        const created = typeof DateCreated === 'string' ? DateCreated : '';
        return From === query.get('From') && created >= since && created <= until;
      });
    // The documents do not promise CustomField in lists.
    return { Calls: found.map((each) => without(each, ['CustomField'])) };
  }
}

/** Starts the fake on a free port. */
export async function startFakeRestApi(): Promise<FakeRestApi> {
  const api = new FakeRestApi();
  await api.listen();
  return api;
}

async function readRequest(request: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake');
  const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
  if (!pathname.startsWith(ACCOUNT_PATH)) return undefined;
  return {
    method: request.method ?? '',
    path: pathname.slice(ACCOUNT_PATH.length),
    query: searchParams,
    form: new URLSearchParams(body),
    atMs: Date.now(),
  };
}
