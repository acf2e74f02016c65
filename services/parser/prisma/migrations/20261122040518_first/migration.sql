-- CreateTable
CREATE TABLE "outbox" (
    "id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "traceparent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbox" (
    "event_id" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("event_id","consumer")
);

-- CreateTable
CREATE TABLE "received_pages" (
    "order_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "terminal_id" TEXT NOT NULL,
    "connector_id" TEXT NOT NULL,
    "institution" JSONB NOT NULL,
    "currency" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "request" TEXT NOT NULL,
    "page" TEXT,
    "verdict" TEXT NOT NULL,
    "cause" TEXT,
    "detail" TEXT,
    "fingerprint" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "staged" JSONB,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "received_pages_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "accounts" (
    "account_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "institution_code" TEXT NOT NULL,
    "institution_name" TEXT NOT NULL,
    "branch_code" TEXT NOT NULL,
    "branch_name" TEXT,
    "type" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "balance" BIGINT,
    "balance_scale" INTEGER NOT NULL DEFAULT 0,
    "balance_as_of" DATE,
    "reconciliation" TEXT NOT NULL DEFAULT 'unknown',
    "reconciliation_delta" BIGINT,
    "reconciliation_scale" INTEGER NOT NULL DEFAULT 0,
    "last_aggregated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "account_sources" (
    "account_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,

    CONSTRAINT "account_sources_pkey" PRIMARY KEY ("account_id","connection_id")
);

-- CreateTable
CREATE TABLE "transactions" (
    "transaction_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "occurrence" INTEGER NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "date" DATE NOT NULL,
    "value_date" DATE,
    "amount" BIGINT NOT NULL,
    "scale" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "counterparty" TEXT,
    "balance" BIGINT,
    "balance_scale" INTEGER NOT NULL DEFAULT 0,
    "bank_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transactions_pkey" PRIMARY KEY ("transaction_id")
);

-- CreateTable
CREATE TABLE "transaction_sources" (
    "transaction_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,

    CONSTRAINT "transaction_sources_pkey" PRIMARY KEY ("transaction_id","connection_id")
);

-- CreateTable
CREATE TABLE "statements" (
    "run_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "read" INTEGER NOT NULL,
    "added" INTEGER NOT NULL,
    "opening" BIGINT,
    "closing" BIGINT,
    "scale" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "delta" BIGINT,
    "committed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "statements_pkey" PRIMARY KEY ("run_id","account_id")
);

-- CreateTable
CREATE TABLE "committed_runs" (
    "run_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "answer" JSONB NOT NULL,
    "committed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "committed_runs_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "erased_connections" (
    "connection_id" TEXT NOT NULL,
    "erased_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "erased_connections_pkey" PRIMARY KEY ("connection_id")
);

-- CreateTable
CREATE TABLE "access" (
    "holder_id" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "everything" BOOLEAN NOT NULL,
    "account_ids" TEXT[],
    "since" DATE,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "access_pkey" PRIMARY KEY ("holder_id","client_id")
);

-- CreateIndex
CREATE INDEX "outbox_published_at_created_at_idx" ON "outbox"("published_at", "created_at");

-- CreateIndex
CREATE INDEX "inbox_at_idx" ON "inbox"("at");

-- CreateIndex
CREATE INDEX "received_pages_run_id_step_idx" ON "received_pages"("run_id", "step");

-- CreateIndex
CREATE INDEX "received_pages_connection_id_idx" ON "received_pages"("connection_id");

-- CreateIndex
CREATE INDEX "received_pages_expires_at_idx" ON "received_pages"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "accounts_holder_id_identity_key" ON "accounts"("holder_id", "identity");

-- CreateIndex
CREATE INDEX "account_sources_connection_id_idx" ON "account_sources"("connection_id");

-- CreateIndex
CREATE UNIQUE INDEX "transactions_seq_key" ON "transactions"("seq");

-- CreateIndex
CREATE INDEX "transactions_account_id_date_seq_idx" ON "transactions"("account_id", "date" DESC, "seq" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "transactions_account_id_fingerprint_occurrence_key" ON "transactions"("account_id", "fingerprint", "occurrence");

-- CreateIndex
CREATE INDEX "transaction_sources_connection_id_idx" ON "transaction_sources"("connection_id");

-- CreateIndex
CREATE INDEX "statements_account_id_committed_at_idx" ON "statements"("account_id", "committed_at");

-- CreateIndex
CREATE INDEX "statements_connection_id_idx" ON "statements"("connection_id");

-- CreateIndex
CREATE INDEX "committed_runs_connection_id_idx" ON "committed_runs"("connection_id");

-- AddForeignKey
ALTER TABLE "account_sources" ADD CONSTRAINT "account_sources_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("account_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("account_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transaction_sources" ADD CONSTRAINT "transaction_sources_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("transaction_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "statements" ADD CONSTRAINT "statements_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("account_id") ON DELETE CASCADE ON UPDATE CASCADE;
