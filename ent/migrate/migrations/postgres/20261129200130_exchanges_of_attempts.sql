-- +goose NO TRANSACTION
-- Attempts are written meanwhile: neither index is built or dropped under a lock that they wait for, and each step may be
-- repeated after a failure.
-- +goose Up
-- modify "attempts" table
ALTER TABLE "attempts" ADD COLUMN IF NOT EXISTS "exchanges" bytea NULL;
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "attempt_contents";
-- create index "attempt_contents" to table: "attempts"
CREATE INDEX CONCURRENTLY "attempt_contents" ON "attempts" ("id") WHERE ((settled_at IS NOT NULL) AND (dispute = ''::text) AND ((failure_message <> ''::text) OR (held IS NOT NULL) OR (exchanges IS NOT NULL)));
-- drop index "attempt_payloads" from table: "attempts"
DROP INDEX CONCURRENTLY IF EXISTS "attempt_payloads";

-- +goose Down
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "attempt_payloads";
-- reverse: drop index "attempt_payloads" from table: "attempts"
CREATE INDEX CONCURRENTLY "attempt_payloads" ON "attempts" ("id") WHERE ((settled_at IS NOT NULL) AND (dispute = ''::text) AND ((failure_message <> ''::text) OR (held IS NOT NULL)));
-- reverse: create index "attempt_contents" to table: "attempts"
DROP INDEX CONCURRENTLY IF EXISTS "attempt_contents";
-- reverse: modify "attempts" table
ALTER TABLE "attempts" DROP COLUMN IF EXISTS "exchanges";
