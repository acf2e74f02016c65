-- CreateTable
CREATE TABLE "enrolment_codes" (
    "code_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "sealed_secret" BYTEA,
    "wrong_macs" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "enrolment_codes_pkey" PRIMARY KEY ("code_id")
);

-- CreateTable
CREATE TABLE "terminals" (
    "terminal_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "platform" TEXT NOT NULL,
    "agent_version" TEXT NOT NULL,
    "signing_key" JSONB NOT NULL,
    "sealing_key" JSONB NOT NULL,
    "code_id" TEXT NOT NULL,
    "enrolment_hash" TEXT NOT NULL,
    "enrolled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    "session_id" TEXT,
    "session_nonce" TEXT,
    "session_opened_at" TIMESTAMPTZ(3),
    "sequence" INTEGER NOT NULL DEFAULT 0,
    "credentials" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "terminals_pkey" PRIMARY KEY ("terminal_id")
);

-- CreateTable
CREATE TABLE "used_nonces" (
    "terminal_id" TEXT NOT NULL,
    "nonce" TEXT NOT NULL,
    "used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "used_nonces_pkey" PRIMARY KEY ("terminal_id","nonce")
);

-- CreateTable
CREATE TABLE "connections" (
    "connection_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "terminal_id" TEXT NOT NULL,
    "connector_id" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "erased_at" TIMESTAMPTZ(3),
    "stopped_by" TEXT,
    "stopped_credential_version" TEXT,

    CONSTRAINT "connections_pkey" PRIMARY KEY ("connection_id")
);

-- CreateTable
CREATE TABLE "runs" (
    "run_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "terminal_id" TEXT NOT NULL,
    "connector_id" TEXT NOT NULL,
    "connector_version" INTEGER NOT NULL,
    "connector_hash" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "cause" TEXT,
    "cause_detail" TEXT,
    "period_from" DATE NOT NULL,
    "period_to" DATE NOT NULL,
    "loop" JSONB NOT NULL,
    "current_order_id" TEXT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "fence" BIGINT NOT NULL DEFAULT 0,
    "wake_at" TIMESTAMPTZ(3) NOT NULL,
    "journal_seq" INTEGER NOT NULL DEFAULT 0,
    "commit_tries" INTEGER NOT NULL DEFAULT 0,
    "traceparent" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "runs_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "orders" (
    "order_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "request" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "facts" JSONB NOT NULL,
    "order_hashes" TEXT[],
    "session_id" TEXT,
    "redeliveries" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "taken_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "orders_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "run_journal" (
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "entry" JSONB NOT NULL,

    CONSTRAINT "run_journal_pkey" PRIMARY KEY ("run_id","seq")
);

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

-- CreateIndex
CREATE INDEX "enrolment_codes_holder_id_idx" ON "enrolment_codes"("holder_id");

-- CreateIndex
CREATE UNIQUE INDEX "terminals_code_id_key" ON "terminals"("code_id");

-- CreateIndex
CREATE INDEX "terminals_holder_id_idx" ON "terminals"("holder_id");

-- CreateIndex
CREATE INDEX "used_nonces_used_at_idx" ON "used_nonces"("used_at");

-- CreateIndex
CREATE INDEX "connections_holder_id_idx" ON "connections"("holder_id");

-- CreateIndex
CREATE INDEX "connections_terminal_id_idx" ON "connections"("terminal_id");

-- CreateIndex
CREATE INDEX "runs_connection_id_started_at_idx" ON "runs"("connection_id", "started_at");

-- CreateIndex
CREATE INDEX "runs_terminal_id_idx" ON "runs"("terminal_id");

-- CreateIndex
CREATE INDEX "runs_holder_id_idx" ON "runs"("holder_id");

-- CreateIndex
CREATE UNIQUE INDEX "orders_run_id_step_key" ON "orders"("run_id", "step");

-- CreateIndex
CREATE INDEX "outbox_published_at_created_at_idx" ON "outbox"("published_at", "created_at");

-- CreateIndex
CREATE INDEX "inbox_at_idx" ON "inbox"("at");

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_journal" ADD CONSTRAINT "run_journal_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand: what Prisma cannot say.

-- One active run per connection.
CREATE UNIQUE INDEX "runs_one_active_per_connection" ON "runs"("connection_id") WHERE "ended_at" IS NULL;

-- The runs that a sweep looks at.
CREATE INDEX "runs_due" ON "runs"("wake_at") WHERE "ended_at" IS NULL;

-- The journal is append-only. Rows go only with their run, when the holder erases the connection.
CREATE FUNCTION "refuse_journal_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'run_journal is append-only';
END
$$;
CREATE TRIGGER "run_journal_append_only" BEFORE UPDATE ON "run_journal" FOR EACH ROW EXECUTE FUNCTION "refuse_journal_update"();
CREATE TRIGGER "run_journal_no_truncate" BEFORE TRUNCATE ON "run_journal" EXECUTE FUNCTION "refuse_journal_update"();
