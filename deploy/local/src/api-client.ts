/** Calls the platform's HTTP doors as a user's device does: TLS by the development CA, the token, the route's own contract. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { RouteContract, RouteInput, RouteOutput, ServiceName } from '@enishi/contracts';
import { z } from 'zod';
import type { Place } from './platform/place.js';

/** A problem+json answer (RFC 9457). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(`${status} ${code}: ${detail}`);
  }
}

type Called<C> = Partial<{ [Key in keyof RouteInput<C>]: RouteInput<C>[Key] }>;

export class ApiClient {
  private readonly ca: Buffer;
  constructor(
    private readonly place: Place,
    /** A token for that service; asked for each call, since tokens are short-lived. */
    private readonly tokenFor: (service: ServiceName) => string,
  ) {
    this.ca = readFileSync(place.layout.path('pki', 'dev-ca.pem'));
  }

  async call<C extends RouteContract>(route: C, input: Called<C> = {}): Promise<RouteOutput<C>> {
    const answer = await this.send(route, input, 'application/json');
    const text = await textOf(answer);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw refusal(status, text);
    return route.output.parse(text === '' ? undefined : JSON.parse(text)) as RouteOutput<C>;
  }

  /** The events of an event-stream route, to the end of the stream; `lastEventId` resumes. */
  async *watch<C extends RouteContract>(route: C, input: Called<C>, lastEventId?: string): AsyncGenerator<RouteOutput<C>> {
    const answer = await this.send(route, input, 'text/event-stream', lastEventId);
    if ((answer.statusCode ?? 0) >= 400) throw refusal(answer.statusCode ?? 0, await textOf(answer));
    answer.setEncoding('utf8');
    let rest = '';
    for await (const chunk of answer as AsyncIterable<string>) {
      rest += chunk;
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const fields = rest.slice(0, end).split('\n');
        const valueOf = (name: string) =>
          fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
        const data = valueOf('data').join('\n');
        rest = rest.slice(end + 2);
        // What goes wrong after the first event comes as an event of its own.
        if (valueOf('event')[0] === 'problem') throw refusal(answer.statusCode ?? 0, data);
        if (data !== '') yield route.output.parse(JSON.parse(data)) as RouteOutput<C>;
      }
    }
  }

  /** Status of a plain GET at the door of a service, for paths that no contract has. */
  statusOf(service: ServiceName, path: string): Promise<number> {
    const door = this.place.doorOf(service);
    return new Promise((resolve, reject) => {
      request({ host: door.host, servername: door.serverName, port: door.port, path, ca: this.ca, timeout: 30_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  }

  private send<C extends RouteContract>(route: C, input: Called<C>, accept: string, lastEventId?: string): Promise<IncomingMessage> {
    const { params = {}, query = {}, body } = input as { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown };
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const search = new URLSearchParams(
      Object.entries(query)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]): [string, string] => [key, String(value)]),
    );
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const door = this.place.doorOf(route.owner);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: door.host,
          servername: door.serverName,
          port: door.port,
          method: route.method,
          path: search.size > 0 ? `${path}?${search.toString()}` : path,
          ca: this.ca,
          timeout: 30_000,
          headers: {
            host: door.serverName,
            accept,
            authorization: `Bearer ${this.tokenFor(route.owner)}`,
            ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
            ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
          },
        },
        resolve,
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${route.operationId}: no answer in 30 s`)));
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

const Problem = z.looseObject({
  status: z.number().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  title: z.string().optional(),
});

/** Ours say problem+json; a proxy in front says what it likes. */
function refusal(status: number, text: string): Refused {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return new Refused(status, 'unknown', text.trim().slice(0, 200));
  }
  const problem = Problem.catch({}).parse(said);
  return new Refused(problem.status ?? status, problem.code ?? 'unknown', problem.detail ?? problem.title ?? '');
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
