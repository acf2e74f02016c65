import type { listConnectors, RouteOutput } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { Connectors } from '../connectors.js';

@Injectable()
export class ListConnectors {
  constructor(private readonly connectors: Connectors) {}

  run(): RouteOutput<typeof listConnectors> {
    return {
      connectors: this.connectors.list().map(({ connector: { id, version, name, institution } }) => ({
        connectorId: id,
        version,
        name,
        institution,
      })),
    };
  }
}
