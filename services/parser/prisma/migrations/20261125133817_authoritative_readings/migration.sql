-- AlterTable
ALTER TABLE "account_sources" ADD COLUMN     "listed" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "listed_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "accounts" ADD COLUMN     "balance_read_at" TIMESTAMPTZ(3),
ADD COLUMN     "closed_at" TIMESTAMPTZ(3),
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "proven_closing" BIGINT,
ADD COLUMN     "proven_from" DATE,
ADD COLUMN     "proven_opening" BIGINT,
ADD COLUMN     "proven_scale" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "proven_to" DATE;

-- AlterTable
ALTER TABLE "received_pages" ADD COLUMN     "answered_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "statements" ADD COLUMN     "proven_from" DATE,
ADD COLUMN     "proven_to" DATE,
ADD COLUMN     "read_at" TIMESTAMPTZ(3),
ADD COLUMN     "revised" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "withdrawn" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "transactions" ADD COLUMN     "channel" TEXT,
ADD COLUMN     "revised_at" TIMESTAMPTZ(3),
ADD COLUMN     "withdrawn_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "transaction_revisions" (
    "revision_id" BIGSERIAL NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "before" JSONB NOT NULL,
    "revised_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "transaction_revisions_pkey" PRIMARY KEY ("revision_id")
);

-- CreateIndex
CREATE INDEX "transaction_revisions_transaction_id_idx" ON "transaction_revisions"("transaction_id");

-- CreateIndex
CREATE INDEX "statements_account_id_read_at_idx" ON "statements"("account_id", "read_at");

-- AddForeignKey
ALTER TABLE "transaction_revisions" ADD CONSTRAINT "transaction_revisions_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("transaction_id") ON DELETE CASCADE ON UPDATE CASCADE;
