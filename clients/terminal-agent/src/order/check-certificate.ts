import type { Connector, Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** The certificate to show is of the issuer that the connector names: one bank's certificate is never shown to another. */
export function checkCertificate(order: Order, connector: Connector): void {
  if (order.certificate.issuer !== connector.certificate.issuer) throw new OrderRefused('check-certificate', 'certificate.issuer');
}
