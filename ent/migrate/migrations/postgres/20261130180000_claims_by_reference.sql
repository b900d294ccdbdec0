-- +goose NO TRANSACTION
-- Claims are made meanwhile: the index is not built under a lock that they wait for, and may be built again after a
-- failure.
-- +goose Up
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "claim_reference";
-- create index "claim_reference" to table: "claims"
CREATE INDEX CONCURRENTLY "claim_reference" ON "claims" ("reference") WHERE (reference IS NOT NULL);

-- +goose Down
-- reverse: create index "claim_reference" to table: "claims"
DROP INDEX CONCURRENTLY IF EXISTS "claim_reference";
