/** Settings of the operator's command; the only file of this lib that reads the environment. */
import { filePath, readConfigOrExit, secretFile, url } from '@enishi/config';
import { z } from 'zod';

export const operatorSchema = z.object({
  NATS_URL: url({ schemes: ['nats', 'tls'] }).describe('Server of the message bus'),
  NATS_NKEY_FILE: secretFile().describe("File with the operator's NKey seed"),
  NATS_CA_FILE: filePath().optional().describe('PEM of the CA that the bus must chain to'),
  NATS_REPLICAS: z.enum(['1', '3']).default('1').describe('Copies of each stream in a cluster'),
});

export function operatorConfig() {
  return readConfigOrExit(operatorSchema);
}
