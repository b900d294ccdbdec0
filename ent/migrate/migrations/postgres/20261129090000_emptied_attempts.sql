-- +goose NO TRANSACTION
-- Attempts are written meanwhile: the index is built and dropped without a lock that they wait for, and each step may be
-- repeated after a failure.
-- +goose Up
-- modify "attempts" table
ALTER TABLE "attempts" ADD COLUMN IF NOT EXISTS "payload_removed_at" timestamptz NULL;
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "attempt_payloads";
-- create index "attempt_payloads" to table: "attempts"
CREATE INDEX CONCURRENTLY "attempt_payloads" ON "attempts" ("id") WHERE ((settled_at IS NOT NULL) AND (dispute = ''::text) AND ((failure_message <> ''::text) OR (held IS NOT NULL)));

-- +goose Down
-- reverse: create index "attempt_payloads" to table: "attempts"
DROP INDEX CONCURRENTLY IF EXISTS "attempt_payloads";
-- reverse: modify "attempts" table
ALTER TABLE "attempts" DROP COLUMN IF EXISTS "payload_removed_at";
