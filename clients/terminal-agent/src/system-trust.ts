/** Makes "the system's trust store" the one of the operating system. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * From here on, a connection that names no CA trusts what the operating system trusts (its list, or SSL_CERT_FILE and
 * SSL_CERT_DIR) and NODE_EXTRA_CA_CERTS, and not the list that Node carries with it: a CA that the company of the user has
 * put into the system works, and one that was taken out of it works no more.
 */
export function trustTheSystem(): void {
  setDefaultCACertificates([...new Set([...getCACertificates('system'), ...getCACertificates('extra')])]);
}
