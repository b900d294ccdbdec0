-- +goose Up
-- add columns to table: "products"
ALTER TABLE `products` ADD COLUMN `expiry_margin_s` integer NOT NULL DEFAULT (0);
ALTER TABLE `products` ADD COLUMN `low_stock` integer NULL;
ALTER TABLE `products` ADD COLUMN `low_since` datetime NULL;
-- add column "expires_s" to table: "units"
ALTER TABLE `units` ADD COLUMN `expires_s` integer NOT NULL DEFAULT (253402300800);
-- create index "unit_product_id_expires_s_id" to table: "units"
CREATE INDEX `unit_product_id_expires_s_id` ON `units` (`product_id`, `expires_s`, `id`) WHERE status = 'available';

-- +goose Down
-- reverse: create index "unit_product_id_expires_s_id" to table: "units"
DROP INDEX `unit_product_id_expires_s_id`;
-- reverse: add column "expires_s" to table: "units"
ALTER TABLE `units` DROP COLUMN `expires_s`;
-- reverse: add columns to table: "products"
ALTER TABLE `products` DROP COLUMN `low_since`;
ALTER TABLE `products` DROP COLUMN `low_stock`;
ALTER TABLE `products` DROP COLUMN `expiry_margin_s`;
