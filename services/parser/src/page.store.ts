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
  /** JSON of a StagedPage. */
  staged: string | null;
  answeredAt: Date;
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
  /** When the bank answered. */
  answeredAt: Date;
}

/** What may be said of a sealed page without opening it. */
export interface SealedPage {
  orderId: string;
  runId: string;
  connectionId: string;
  connector: string;
  request: string;
  /** Kind of page by the connector; of one that it does not know: the cause, UNKNOWN_PAGE as a rule. */
  page: string;
  cause: string | null;
  /** Which rule or marker failed. */
  detail: string | null;
  receivedAt: Date;
  expiresAt: Date;
  /** As sealed: about 4/3 of what the bank sent. */
  sealedBytes: number;
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
    const { count } = await tx.receivedPage.createMany({ data: rest, skipDuplicates: true });
    if (count === 0) return false;
    // As text: Prisma would look at each of its values, for a second when there are many, and all others would wait for it.
    if (staged !== null) await tx.$executeRaw`UPDATE received_pages SET staged = ${staged}::jsonb WHERE order_id = ${page.orderId}`;
    return true;
  }

  /** When the last answer of the run came, by the platform's clock; null: none has come. */
  async lastReceivedAt(tx: Tx, runId: RunId): Promise<Date | null> {
    return (await tx.receivedPage.aggregate({ where: { runId }, _max: { receivedAt: true } }))._max.receivedAt;
  }

  /** How much the run's answers give for the ledger, all together. Postgres counts: nothing of it is loaded here. */
  async weightOf(tx: Tx, runId: RunId): Promise<{ rows: number; bytes: number }> {
    const [weight] = await tx.$queryRaw<{ rows: bigint; bytes: bigint }[]>`SELECT
        coalesce(sum(CASE jsonb_typeof(staged #> '{statement,transactions}') WHEN 'array'
          THEN jsonb_array_length(staged #> '{statement,transactions}') ELSE 0 END), 0)::bigint
        + coalesce(sum(jsonb_array_length(staged -> 'accounts')), 0)::bigint AS rows,
        coalesce(sum(octet_length(staged::text)), 0)::bigint AS bytes
      FROM received_pages WHERE run_id = ${runId} AND staged IS NOT NULL`;
    return { rows: Number(weight?.rows ?? 0), bytes: Number(weight?.bytes ?? 0) };
  }

  async ofRun(tx: Tx, runId: RunId): Promise<PageOfRun[]> {
    const rows = await tx.receivedPage.findMany({
      where: { runId },
      orderBy: { step: 'asc' },
      select: {
        holderId: true,
        connectionId: true,
        institution: true,
        currency: true,
        step: true,
        page: true,
        cause: true,
        staged: true,
        answeredAt: true,
        receivedAt: true,
      },
    });
    return rows.map(({ answeredAt, receivedAt, ...row }) => ({
      ...row,
      answeredAt: answeredAt ?? receivedAt,
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

  /** Newest first. `unknown`: only those that the connector did not know, or no longer. What is expired is not there, swept or not. */
  async listSealed(tx: Tx, { unknown, limit }: { unknown: boolean; limit: number }): Promise<SealedPage[]> {
    return tx.$queryRaw<SealedPage[]>`SELECT order_id AS "orderId", run_id AS "runId", connection_id AS "connectionId",
        connector_id AS connector, request, coalesce(page, cause, 'UNKNOWN_PAGE') AS page, cause, detail,
        received_at AS "receivedAt", expires_at AS "expiresAt", octet_length(sealed) AS "sealedBytes"
      FROM received_pages
      WHERE expires_at > now() AND (NOT ${unknown}::boolean OR cause IN ('UNKNOWN_PAGE', 'SITE_CHANGED'))
      ORDER BY received_at DESC, order_id LIMIT ${limit}`;
  }

  /** The seal, closed; null: there is none, or its time is over. */
  async sealedOf(tx: Tx, orderId: OrderId) {
    return tx.receivedPage.findFirst({
      where: { orderId, expiresAt: { gt: new Date() } },
      select: { sealed: true, fingerprint: true, runId: true, connectorId: true },
    });
  }

  /** At most `limit`; how many went. Several processes share the work. */
  sweep(tx: Tx, limit: number): Promise<number> {
    return tx.$executeRaw`DELETE FROM received_pages WHERE order_id IN (
      SELECT order_id FROM received_pages WHERE expires_at < now() LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
