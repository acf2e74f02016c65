/** The highest version seen of each connector; it outlives the process, so that a restart does not open the way back. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { writeDurably } from '../home/durable-file.js';
import { readJson } from '../home/home.js';

const Versions = z.record(z.string().max(40), z.number().int().min(1));

export class ConnectorVersions {
  private readonly versions: Map<string, number>;

  constructor(private readonly file: string) {
    this.versions = new Map(existsSync(file) ? Object.entries(readJson(file, Versions)) : []);
  }

  highest(connectorId: string): number {
    return this.versions.get(connectorId) ?? 0;
  }

  /** Returns when it is on the disk. */
  saw(connectorId: string, version: number): void {
    if (version <= this.highest(connectorId)) return;
    this.versions.set(connectorId, version);
    writeDurably(this.file, JSON.stringify(Object.fromEntries(this.versions)));
  }
}
