-- +goose NO TRANSACTION
-- Units are written meanwhile: the index is not built under a lock that they wait for, and may be built again after a
-- failure.
-- +goose Up
-- what a failed attempt left behind
DROP INDEX CONCURRENTLY IF EXISTS "unit_product_id_use_date_id";
-- create index "unit_product_id_use_date_id" to table: "units"
CREATE INDEX CONCURRENTLY "unit_product_id_use_date_id" ON "units" ("product_id", "use_date", "id") WHERE (ticket_code IS NOT NULL);

-- +goose Down
-- reverse: create index "unit_product_id_use_date_id" to table: "units"
DROP INDEX CONCURRENTLY IF EXISTS "unit_product_id_use_date_id";
