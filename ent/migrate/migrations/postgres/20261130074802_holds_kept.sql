-- +goose NO TRANSACTION
-- Orders look for holds meanwhile: the indexes are not built under a lock that they wait for. All of it may be done
-- again after a failure.
-- +goose Up
-- modify "transfers" table
ALTER TABLE "transfers" ADD COLUMN IF NOT EXISTS "hold_number" text NULL;
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "holds_open_id";
-- create index "holds_open_id" to table: "holds"
CREATE INDEX CONCURRENTLY "holds_open_id" ON "holds" ("id") WHERE (status = 'held'::text);
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "holds_open_reference";
-- create index "holds_open_reference" to table: "holds"
CREATE INDEX CONCURRENTLY "holds_open_reference" ON "holds" ("merchant_id", "reference") WHERE (status = 'held'::text);
-- drop index "holds_open" from table: "holds"
DROP INDEX CONCURRENTLY IF EXISTS "holds_open";
-- of holds from before there was the column; no version that was released has any
UPDATE "transfers" SET "hold_number" = "holds"."number" FROM "holds"
  WHERE "holds"."id" = "transfers"."hold_id" AND "transfers"."hold_number" IS NULL;

-- +goose Down
-- reverse: drop index "holds_open" from table: "holds"
DROP INDEX CONCURRENTLY IF EXISTS "holds_open";
CREATE INDEX CONCURRENTLY "holds_open" ON "holds" ("merchant_id") WHERE (status = 'held'::text);
-- reverse: create index "holds_open_reference" to table: "holds"
DROP INDEX CONCURRENTLY IF EXISTS "holds_open_reference";
-- reverse: create index "holds_open_id" to table: "holds"
DROP INDEX CONCURRENTLY IF EXISTS "holds_open_id";
-- reverse: modify "transfers" table
ALTER TABLE "transfers" DROP COLUMN IF EXISTS "hold_number";
