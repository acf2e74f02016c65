/** Answers of banks as they came, sealed, and what they gave for the ledger until their run ends. */
import type { ConnectionId, HolderId, OrderId, RunId, TerminalId } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import type { Tx } from './database.store.js';
import { Prisma } from './generated/prisma/client.js';
import { StagedPage } from './read-page/staged-page.js';

export interface NewPage {
  orderId: OrderId;
  runId: RunId;
  connectionId: ConnectionId;
  holderId: HolderId;
  terminalId: TerminalId;
  connectorId: string;
  institution: { code: string; name: string };
  currency: string;
  step: number;
  request: string;
  page: string | null;
  verdict: string;
  cause: string | null;
  detail: string | null;
  fingerprint: string;
  sealed: string;
  staged: StagedPage | null;
  expiresAt: Date;
}

export interface PageOfRun {
  holderId: string;
  connectionId: string;
  institution: { code: string; name: string };
  currency: string;
  step: number;
  page: string | null;
  cause: string | null;
  staged: StagedPage | null;
}

@Injectable()
export class PageStore {
  /** Whose answer to this order is stored; null: none is. */
  async terminalOf(tx: Tx, orderId: OrderId): Promise<string | null> {
    return (await tx.receivedPage.findUnique({ where: { orderId }, select: { terminalId: true } }))?.terminalId ?? null;
  }

  /** False when an answer to this order is there already; the second of two at once waits for the first to end. */
  async keep(tx: Tx, page: NewPage): Promise<boolean> {
    const { staged, ...rest } = page;
    const { count } = await tx.receivedPage.createMany({
      data: { ...rest, staged: staged ?? Prisma.DbNull },
      skipDuplicates: true,
    });
    return count === 1;
  }

  async ofRun(tx: Tx, runId: RunId): Promise<PageOfRun[]> {
    const rows = await tx.receivedPage.findMany({
      where: { runId },
      orderBy: { step: 'asc' },
      select: { holderId: true, connectionId: true, institution: true, currency: true, step: true, page: true, cause: true, staged: true },
    });
    return rows.map((row) => ({
      ...row,
      institution: row.institution as { code: string; name: string },
      staged: row.staged === null ? null : StagedPage.parse(row.staged),
    }));
  }

  /** The sealed pages stay for their stated life; what was read for the ledger goes. */
  async dropStaged(tx: Tx, runId: RunId): Promise<number> {
    return (
      await tx.receivedPage.updateMany({ where: { runId, NOT: { staged: { equals: Prisma.DbNull } } }, data: { staged: Prisma.DbNull } })
    ).count;
  }

  async eraseConnection(tx: Tx, connectionId: ConnectionId): Promise<number> {
    return (await tx.receivedPage.deleteMany({ where: { connectionId } })).count;
  }

  /** At most `limit`; how many went. Several processes share the work. */
  sweep(tx: Tx, limit: number): Promise<number> {
    return tx.$executeRaw`DELETE FROM received_pages WHERE order_id IN (
      SELECT order_id FROM received_pages WHERE expires_at < now() LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
