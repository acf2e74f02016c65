-- CreateTable
CREATE TABLE "lock_slots" (
    "kind" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,

    CONSTRAINT "lock_slots_pkey" PRIMARY KEY ("kind","slot")
);

-- What is locked must be there: libs/database/src/lock-slots.ts counts on 1024 rows of each kind.
INSERT INTO "lock_slots" ("kind", "slot")
SELECT kind, slot FROM unnest(ARRAY['connection', 'run', 'account', 'access']) AS kind, generate_series(0, 1023) AS slot;
