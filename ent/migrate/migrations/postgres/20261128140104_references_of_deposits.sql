-- +goose NO TRANSACTION
-- Orders are placed meanwhile: neither index is built or dropped under a lock that they wait for, and each step may be
-- repeated after a failure.
-- +goose Up
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "transfer_given_reference";
-- create index "transfer_given_reference" to table: "transfers"
CREATE UNIQUE INDEX CONCURRENTLY "transfer_given_reference" ON "transfers" ("merchant_id", "reference") WHERE (reference IS NOT NULL);
-- drop index "transfer_merchant_id_reference" from table: "transfers"
DROP INDEX CONCURRENTLY IF EXISTS "transfer_merchant_id_reference";
-- rename index "transfer_given_reference" of table: "transfers"
ALTER INDEX "transfer_given_reference" RENAME TO "transfer_merchant_id_reference";

-- +goose Down
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "transfer_every_reference";
-- reverse: drop index "transfer_merchant_id_reference" from table: "transfers"
CREATE UNIQUE INDEX CONCURRENTLY "transfer_every_reference" ON "transfers" ("merchant_id", "reference");
-- reverse: create index "transfer_given_reference" to table: "transfers"
DROP INDEX CONCURRENTLY IF EXISTS "transfer_merchant_id_reference";
-- reverse: rename index "transfer_given_reference" of table: "transfers"
ALTER INDEX "transfer_every_reference" RENAME TO "transfer_merchant_id_reference";
