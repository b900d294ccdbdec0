-- +goose Up
-- modify "products" table
ALTER TABLE "products" ADD COLUMN "expiry_margin_s" bigint NOT NULL DEFAULT 0, ADD COLUMN "low_stock" bigint NULL, ADD COLUMN "low_since" timestamptz NULL;
-- modify "units" table
ALTER TABLE "units" ADD COLUMN "expires_s" bigint NOT NULL DEFAULT 253402300800;

-- +goose Down
-- reverse: modify "units" table
ALTER TABLE "units" DROP COLUMN "expires_s";
-- reverse: modify "products" table
ALTER TABLE "products" DROP COLUMN "low_since", DROP COLUMN "low_stock", DROP COLUMN "expiry_margin_s";
