-- +goose NO TRANSACTION
-- Units are sold meanwhile: the index is built without a lock that they wait for, and may be begun again after a failure.
-- +goose Up
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "unit_product_id_expires_s_id";
-- create index "unit_product_id_expires_s_id" to table: "units"
CREATE INDEX CONCURRENTLY "unit_product_id_expires_s_id" ON "units" ("product_id", "expires_s", "id") WHERE (status = 'available'::text);

-- +goose Down
-- reverse: create index "unit_product_id_expires_s_id" to table: "units"
DROP INDEX CONCURRENTLY IF EXISTS "unit_product_id_expires_s_id";
