-- +goose NO TRANSACTION
-- Orders are placed meanwhile: the index is built without a lock that they wait for, and may be begun again after a failure.
-- +goose Up
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "order_created_at_id";
-- create index "order_created_at_id" to table: "orders"
CREATE INDEX CONCURRENTLY "order_created_at_id" ON "orders" ("created_at", "id");

-- +goose Down
-- reverse: create index "order_created_at_id" to table: "orders"
DROP INDEX CONCURRENTLY IF EXISTS "order_created_at_id";
