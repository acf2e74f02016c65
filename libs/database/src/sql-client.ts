/** The part of a Prisma client, or of one of its transactions, that this lib uses: any generated client satisfies it. */
export interface SqlClient {
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
  $queryRawUnsafe<T = unknown>(query: string, ...values: unknown[]): Promise<T>;
}

/** A Prisma client: it can also open a transaction. */
export interface TransactingClient extends SqlClient {
  $transaction<R>(work: (tx: SqlClient) => Promise<R>, options?: { maxWait?: number; timeout?: number }): Promise<R>;
}
