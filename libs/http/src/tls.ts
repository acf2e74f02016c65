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
 * Looks at the files every `everyMs` and gives new connections the new certificate: rotation needs no restart. A pair that
 * does not fit (half of it written) changes nothing; it is looked at again. `door` is its name in the metric of its expiry.
 * @returns a function that stops looking
 */
export function followTls(
  server: TlsServer,
  files: TlsFiles,
  { door, everyMs, log }: { door: 'http' | 'terminal'; everyMs: number; log: Logger },
): () => void {
  const measure = (cert: string) => certificateExpiry.set({ door }, new X509Certificate(cert).validToDate.getTime() / 1_000);
  measure(tlsOf(files).cert);
  return follow({
    look: () => Object.values(tlsOf(files)).join('\n'),
    changed: () => {
      const found = tlsOf(files);
      server.setSecureContext(found);
      measure(found.cert);
      log.info({ door, file: files.certFile }, 'the TLS certificate was read again');
    },
    refused: (err) => log.error({ door, err }, 'the TLS files cannot be used; the certificate before stays in force'),
    everyMs,
  });
}
