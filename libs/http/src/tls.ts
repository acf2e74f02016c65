import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server as TlsServer } from 'node:tls';
import { follow } from '@enishi/config';
import { gauge, type Logger } from '@enishi/telemetry';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const certificateExpiry = gauge({
  name: 'enishi_tls_certificate_expiry_timestamp_seconds',
  help: 'End of the validity of the certificate that a door shows, Unix time',
  labels: ['door'],
});

/** PEM texts of the files, and the oldest TLS that a door speaks: what a server is made with. */
export function tlsOf({ certFile, keyFile }: TlsFiles): { cert: string; key: string; minVersion: 'TLSv1.2' } {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), minVersion: 'TLSv1.2' };
}

/**
 * Gives the server what the files hold now, for they may have changed since it was made; then looks at them every `everyMs` and gives new connections the new certificate: rotation needs no restart. A pair that
 * does not fit (half of it written) changes nothing; it is looked at again. `door` is its name in the metric of its expiry.
 * @returns a function that stops looking
 */
export function followTls(
  server: TlsServer,
  files: TlsFiles,
  { door, everyMs, log }: { door: 'http' | 'terminal'; everyMs: number; log: Logger },
): () => void {
  const measure = (cert: string) => certificateExpiry.set({ door }, new X509Certificate(cert).validToDate.getTime() / 1_000);
  // What is taken up is the very text that was compared, never that of a second look.
  let looked: ReturnType<typeof tlsOf>;
  const takeUp = () => {
    server.setSecureContext(looked);
    measure(looked.cert);
  };
  const refused = (err: unknown) => log.error({ door, err }, 'the TLS files cannot be used; the certificate before stays in force');
  const stop = follow({
    look: () => {
      looked = tlsOf(files);
      return Object.values(looked).join('\n');
    },
    changed: () => {
      takeUp();
      log.info({ door, file: files.certFile }, 'the TLS certificate was read again');
    },
    refused,
    everyMs,
  });
  try {
    takeUp();
  } catch (err) {
    // Half of a rotation: the server has the pair that it was made with, and the next whole one will differ from this.
    refused(err);
  }
  return stop;
}
