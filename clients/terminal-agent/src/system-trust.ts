/** "The system's trust store": the one of the operating system, and not the list that Node carries with it. */
import { getCACertificates } from 'node:tls';

let certificates: string[] | undefined;

/**
 * What a connection trusts that names no CA, in PEM: the operating system's list (or SSL_CERT_FILE and SSL_CERT_DIR), and
 * NODE_EXTRA_CA_CERTS. So a CA that the company of the user has put into the system works, and one that was taken out of it
 * works no more. Read once, and only when it is needed.
 */
export function systemTrust(): string[] {
  certificates ??= [...new Set([...getCACertificates('system'), ...getCACertificates('extra')])];
  return certificates;
}
