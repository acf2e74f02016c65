import { readFileSync } from 'node:fs';
import type { Server as TlsServer } from 'node:tls';
import type { Logger } from '@enishi/telemetry';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM texts of the files. */
export function readTls({ certFile, keyFile }: TlsFiles): { cert: string; key: string } {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

/**
 * Looks at the files every `everyMs` and gives new connections the new certificate: rotation needs no restart. A pair that
 * does not fit (half of it written) changes nothing; it is looked at again.
 * @returns a function that stops looking
 */
export function followTls(server: TlsServer, files: TlsFiles, everyMs: number, log: Logger): () => void {
  let inUse = readTls(files);
  const timer = setInterval(() => {
    try {
      const found = readTls(files);
      if (found.cert === inUse.cert && found.key === inUse.key) return;
      server.setSecureContext({ ...found, minVersion: 'TLSv1.2' });
      inUse = found;
      log.info({ file: files.certFile }, 'the TLS certificate was read again');
    } catch (err) {
      log.error({ err }, 'the TLS files cannot be used; the certificate before stays in force');
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
