/** A plain mutual-TLS client with a cookie jar, as a browser with a certificate would be. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class Client {
  private readonly jar = new Map<string, string>();

  constructor(
    private readonly origin: string,
    private readonly tls: { ca: string; cert?: string; key?: string; maxVersion?: 'TLSv1.2' | 'TLSv1.3' },
  ) {}

  /** Rejects when TLS fails, the connection ends early, or nothing comes for ten seconds. */
  fetch(method: 'GET' | 'POST', path: string, form?: Record<string, string>): Promise<Reply> {
    const body = form ? new URLSearchParams(form).toString() : undefined;
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = { cookie: [...this.jar].map((pair) => pair.join('=')).join('; ') };
      if (body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
      const sent = request(`${this.origin}${path}`, { method, headers, agent: false, timeout: 10_000, ...this.tls }, (response) => {
        for (const cookie of response.headers['set-cookie'] ?? []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          if (name) this.jar.set(name, value ?? '');
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      });
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error('The bank did not answer in ten seconds')));
      sent.end(body);
    });
  }
}
