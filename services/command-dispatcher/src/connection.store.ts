/** Rows of connections. */
import type { Cause } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';
import type { Connection } from './generated/prisma/client.js';

export type StoredConnection = Connection;

@Injectable()
export class ConnectionStore {
  constructor(private readonly database: Database) {}

  count(tx: Tx, holderId: string): Promise<number> {
    return tx.connection.count({ where: { holderId, erasedAt: null } });
  }

  add(
    tx: Tx,
    connection: Pick<Connection, 'connectionId' | 'holderId' | 'terminalId' | 'connectorId' | 'label'>,
  ): Promise<StoredConnection> {
    return tx.connection.create({ data: connection });
  }

  /** Locked: starting, stopping and erasing follow each other. Erased ones are not found. */
  async lockOfHolder(tx: Tx, connectionId: string, holderId: string): Promise<StoredConnection | null> {
    await tx.$queryRaw`SELECT 1 FROM connections WHERE connection_id = ${connectionId} AND holder_id = ${holderId} FOR UPDATE`;
    return tx.connection.findFirst({ where: { connectionId, holderId, erasedAt: null } });
  }

  /** Locked, whoever's it is; erased ones are not found. */
  async lock(tx: Tx, connectionId: string): Promise<StoredConnection | null> {
    await tx.$queryRaw`SELECT 1 FROM connections WHERE connection_id = ${connectionId} FOR UPDATE`;
    return tx.connection.findFirst({ where: { connectionId, erasedAt: null } });
  }

  /** Locks all connections of a terminal: what it tells of their secrets, and what the bank says of them, follow each other. */
  async lockOfTerminal(tx: Tx, terminalId: string): Promise<void> {
    await tx.$queryRaw`SELECT 1 FROM connections WHERE terminal_id = ${terminalId} AND erased_at IS NULL ORDER BY connection_id FOR UPDATE`;
  }

  async isErased(tx: Tx, connectionId: string): Promise<boolean> {
    return (await tx.connection.count({ where: { connectionId, erasedAt: null } })) === 0;
  }

  listOfHolder(holderId: string): Promise<StoredConnection[]> {
    return this.database.client.connection.findMany({ where: { holderId, erasedAt: null }, orderBy: { createdAt: 'asc' } });
  }

  /** No run starts any more until the secrets have another version than `credentialVersion`. */
  async stop(tx: Tx, connectionId: string, cause: Cause, credentialVersion: string | null): Promise<void> {
    await tx.connection.update({ where: { connectionId }, data: { stoppedBy: cause, stoppedCredentialVersion: credentialVersion } });
  }

  /** Lets go on what was stopped with other secrets than the terminal has now. Returns the connections that were stopped. */
  async resume(tx: Tx, terminalId: string, credentials: Readonly<Record<string, string>>): Promise<string[]> {
    const stopped = await tx.connection.findMany({ where: { terminalId, erasedAt: null, stoppedBy: { not: null } } });
    const mended = stopped
      .filter(({ connectionId, stoppedCredentialVersion }) => {
        const version = Object.hasOwn(credentials, connectionId) ? credentials[connectionId] : undefined;
        return version !== undefined && version !== stoppedCredentialVersion;
      })
      .map(({ connectionId }) => connectionId);
    if (mended.length > 0)
      await tx.connection.updateMany({
        where: { connectionId: { in: mended } },
        data: { stoppedBy: null, stoppedCredentialVersion: null },
      });
    return mended;
  }

  /** The row stays, without anything that the holder wrote, so that a run under way can see that it must end. */
  async erase(tx: Tx, connectionId: string, erasedAt: Date): Promise<void> {
    await tx.connection.update({
      where: { connectionId },
      data: { erasedAt, label: '', stoppedBy: null, stoppedCredentialVersion: null },
    });
  }
}
